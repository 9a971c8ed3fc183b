"""Random programs over tensors, each as Lua and as what PyTorch makes of it: views, degenerate shapes, broadcasts, reductions,
products, layers, writes in place, and gradients of what came out."""
import random

import torch
import torch.nn.functional as F


class Value:
    """A tensor under its name in Lua, in single and in double precision."""

    def __init__(self, name, single, double):
        self.name, self.single, self.double = name, single, double

    @property
    def shape(self):
        return list(self.single.shape)


def places(x):
    """Indices from 1, as Lua writes them."""
    return "t" + str(x.tolist()).replace("[", "{").replace("]", "}")


class Program:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.values, self.leaves = [], [], []

    # Making values

    def sizes(self, least=0, most=4):
        pool = [1, 1, 2, 3, 5] if self.random.random() < 0.9 else [0, 1, 2]
        return [self.random.choice(pool) for _ in range(self.random.randint(least, most))]

    def add(self, text, function, *inputs):
        """A line of Lua and the same in PyTorch; what it makes becomes a value."""
        single, double = (function(*[getattr(v, kind) for v in inputs]) for kind in ("single", "double"))
        value = Value(f"v[{len(self.values) + 1}]", single, double)
        self.lines.append(f"{value.name} = {text}")
        self.values.append(value)
        return value

    def leaf(self, shape, low=-16, high=16, marked=None):
        """Eighths: sums and products of a few are exact, and some are equal."""
        count = 1
        for size in shape:
            count *= size
        numbers = [self.random.randint(low, high) / 8 for _ in range(count)]
        double = torch.tensor(numbers, dtype=torch.float64).reshape(shape)
        single = double.float()
        listed = "t{" + ", ".join(map(str, numbers)) + "}" + ":view{" + ", ".join(map(str, shape)) + "}"
        marked = self.random.random() < 0.7 if marked is None else marked
        if marked:
            single.requires_grad_()
            double.requires_grad_()
            listed += ":requires_grad_()"
        value = self.add(listed, lambda x: x, Value("", single, double))
        if marked:
            self.leaves.append(value)
        return value

    def pick(self, want=lambda v: True):
        fitting = [v for v in self.values[-8:] if want(v)]
        return self.random.choice(fitting) if fitting else None

    def any(self):
        return self.pick() or self.leaf(self.sizes())

    def ranked(self, least):
        return self.pick(lambda v: v.single.dim() >= least) or self.leaf(self.sizes(least))

    # Steps

    def step(self):
        self.random.choice(self.steps)(self)

    def unary(self):
        x = self.any()
        name, text, function = self.random.choice([
            ("exp", "{x}:clamp(-4, 4):exp()", lambda x: x.clamp(-4, 4).exp()),
            ("log", "({x}:abs() + 0.5):log()", lambda x: (x.abs() + 0.5).log()),
            ("sqrt", "({x}:abs() + 0.5):sqrt()", lambda x: (x.abs() + 0.5).sqrt()),
            ("reciprocal", "({x}:square() + 1):reciprocal()", lambda x: (x.square() + 1).reciprocal()),
            ("neg", "-{x}", torch.neg), ("clamp", "{x}:clamp(-0.75, 1.3)", lambda x: x.clamp(-0.75, 1.3)),
            ("clamp", "{x}:clamp(nil, 0.3)", lambda x: x.clamp(max=0.3)),
            *[(n, "{x}:" + n + "()", getattr(torch, n)) for n in
              ("abs", "sin", "cos", "tanh", "erf", "square", "sigmoid", "relu")],
            # Steps leave the tape in Lunette, where PyTorch has a gradient of 0.
            *[(n, "{x}:" + n + "()", lambda x, n=n: getattr(torch, n)(x.detach())) for n in ("floor", "ceil", "round", "sign")],
            ("silu", "{x}:silu()", F.silu), ("gelu", "{x}:gelu()", F.gelu)])
        self.add(text.format(x=x.name), function, x)

    def binary(self):
        a = self.any()
        shape = [self.random.choice([size, size, 1]) for size in a.shape]
        if self.random.random() < 0.3:
            shape = shape[self.random.randint(0, len(shape)):]
        b = self.pick(lambda v: goes(a, v)) if self.random.random() < 0.6 else self.leaf(shape)
        b = b or self.leaf(shape)
        if self.random.random() < 0.5:
            a, b = b, a
        text, function = self.random.choice([
            ("{a} + {b}", torch.add), ("{a} - {b}", torch.sub), ("{a} * {b}", torch.mul),
            ("{a} / ({b}:square() + 1)", lambda a, b: a / (b.square() + 1)),
            ("{a}:maximum({b})", torch.maximum), ("{a}:minimum({b})", torch.minimum),
            ("({a}:abs() + 0.5) ^ {b}:clamp(-2, 2)", lambda a, b: (a.abs() + 0.5) ** b.clamp(-2, 2)),
            *[("{a}:" + n + "({b})", lambda a, b, n=n: getattr(torch, n)(a, b).to(a.dtype)) for n in
              ("gt", "ge", "lt", "le", "eq", "ne")],
            ("t.where({a}:gt(0), {b}, {a})", lambda a, b: torch.where(a > 0, b, a)),
            ("t.where({b}:ne(0), 0.5, {a})", lambda a, b: torch.where(b != 0, torch.tensor(0.5, dtype=a.dtype), a))])
        self.add(text.format(a=a.name, b=b.name), function, a, b)

    def number(self):
        x, n = self.any(), self.random.choice([-1.5, 0.25, 2, 3, 0])
        text, function = self.random.choice([
            ("{x} + {n}", lambda x: x + n), ("{n} - {x}", lambda x: n - x), ("{x} * {n}", lambda x: x * n),
            ("{n} / ({x}:square() + 1)", lambda x: n / (x.square() + 1)), ("{x} / 4", lambda x: x / 4),
            ("{x} ^ 2", lambda x: x ** 2), ("{x} ^ 3", lambda x: x ** 3), ("2 ^ {x}:clamp(-3, 3)", lambda x: 2 ** x.clamp(-3, 3)),
            ("{x}:maximum({n})", lambda x: torch.maximum(x, torch.tensor(n, dtype=x.dtype)))])
        self.add(text.format(x=x.name, n=n), function, x)

    def view(self):
        x = self.ranked(1)
        rank, d = x.single.dim(), self.random.randrange(x.single.dim())
        size = x.shape[d]
        sign = self.random.choice([d + 1, d - rank])
        kind = self.random.choice(["permute", "transpose", "narrow", "select", "unsqueeze", "squeeze", "expand", "flatten",
                                   "reshape", "index", "split", "contiguous", "clone", "tile"])
        if kind == "permute":
            order = self.random.sample(range(rank), rank)
            return self.add(f"{x.name}:permute{{{listed([o + 1 for o in order])}}}", lambda x: x.permute(order), x)
        if kind == "transpose":
            e = self.random.randrange(rank)
            return self.add(f"{x.name}:transpose({sign}, {e + 1})", lambda x: x.transpose(d, e), x)
        if kind == "narrow":
            first = self.random.randint(0, size)
            length = self.random.randint(0 if self.random.random() < 0.1 else min(1, size - first), size - first)
            return self.add(f"{x.name}:narrow({sign}, {first + 1}, {length})", lambda x: x.narrow(d, first, length), x)
        if kind == "select" and size > 0:
            i = self.random.randrange(size)
            return self.add(f"{x.name}:select({sign}, {i + 1})", lambda x: x.select(d, i), x)
        if kind == "unsqueeze" and rank < 6:
            e = self.random.randint(0, rank)
            return self.add(f"{x.name}:unsqueeze({e + 1})", lambda x: x.unsqueeze(e), x)
        if kind == "squeeze":
            return self.add(f"{x.name}:squeeze({sign})", lambda x: x.squeeze(d), x)
        if kind == "expand" and rank < 6:
            wide = [self.random.choice([2, 3, 1]) if s == 1 else s for s in x.shape]
            wide = [2] * self.random.randint(0, 1) + wide
            return self.add(f"{x.name}:expand{{{listed(wide)}}}", lambda x: x.expand(wide), x)
        if kind == "index" and size > 0:
            i, first = self.random.randrange(size), self.random.randrange(size)
            last = self.random.randrange(first, size)
            before = "".join("{}, " for _ in range(d))
            if self.random.random() < 0.5:
                return self.add(f"{x.name}[{{ {before}{{{first + 1}, {last + 1}}} }}]",
                                lambda x: x.narrow(d, first, last - first + 1), x)
            return self.add(f"{x.name}[{{ {before}{i + 1} }}]", lambda x: x.select(d, i), x)
        if kind == "split" and size > 0:
            length = self.random.randint(1, size)
            part = self.random.randrange(-(-size // length))
            return self.add(f"{x.name}:split({length}, {sign})[{part + 1}]", lambda x: x.split(length, d)[part], x)
        if kind == "tile" and x.single.numel() < 60:
            times = [self.random.choice([1, 2, 1, 3]) for _ in x.shape]
            return self.add(f"{x.name}:tile{{{listed(times)}}}", lambda x: x.repeat(times), x)
        if kind == "reshape":
            shape = self.random.choice([[x.single.numel()], [1, x.single.numel()], [x.single.numel(), 1], x.shape[::-1]])
            return self.add(f"{x.name}:reshape{{{listed(shape)}}}", lambda x: x.reshape(shape), x)
        if kind == "clone":
            return self.add(f"{x.name}:clone()", torch.clone, x)
        if kind == "contiguous":
            return self.add(f"{x.name}:contiguous()", lambda x: x.contiguous(), x)
        return self.add(f"{x.name}:flatten()", torch.flatten, x)

    def reduce(self):
        x = self.any()
        rank = x.single.dim()
        keeps = self.random.random() < 0.3
        option = ", { keepdim = true }" if keeps else ""
        if rank == 0 or self.random.random() < 0.25:
            name, function = self.random.choice([
                ("sum", torch.sum), ("mean", torch.mean), ("prod", torch.prod),
                ("norm", torch.linalg.vector_norm), ("max", torch.max), ("min", torch.min), ("var", torch.var), ("std", torch.std)])
            if x.single.numel() < (2 if name in ("var", "std") else 1):
                return
            return self.add(f"{x.name}:{name}()", function, x)
        d = self.random.randrange(rank)
        size = x.shape[d]
        dims = sorted(self.random.sample(range(rank), self.random.randint(1, rank)))
        several = 1
        for e in dims:
            several *= x.shape[e]
        name = self.random.choice(["sum", "mean", "norm", "var", "std", "prod", "max", "min", "argmax", "argmin", "softmax",
                                   "cumsum", "normalize", "sort", "topk", "biased"])
        sign = self.random.choice([d + 1, d - rank])
        if name in ("sum", "mean", "norm", "var", "std", "biased"):
            if several < (2 if name in ("var", "std") else 1) and name != "sum":
                return
            function = dict(sum=torch.sum, mean=torch.mean, norm=lambda x, dim, keepdim: torch.linalg.vector_norm(x, dim=dim, keepdim=keepdim),
                            var=torch.var, std=torch.std,
                            biased=lambda x, dim, keepdim: torch.var(x, dim=dim, correction=0, keepdim=keepdim))[name]
            if name == "biased":
                name, option = "var", f", {{ correction = 0, keepdim = {'true' if keeps else 'false'} }}"
            return self.add(f"{x.name}:{name}({{{listed([e + 1 for e in dims])}}}{option})",
                            lambda x: function(x, dim=dims, keepdim=keeps), x)
        if name == "prod":
            return self.add(f"{x.name}:prod({sign}{option})", lambda x: torch.prod(x, d, keepdim=keeps), x)
        if size == 0 or x.single.numel() == 0:
            return
        if name in ("softmax", "cumsum"):
            return self.add(f"{x.name}:{name}({sign})", lambda x: getattr(torch, name)(x, d), x)
        if name == "normalize":
            return self.add(f"({x.name} + 0.0625):normalize({sign})", lambda x: F.normalize(x + 0.0625, dim=d), x)
        if name == "sort":
            falling = self.random.random() < 0.5
            which = self.random.randint(1, 2)
            return self.add(f"select({which}, {x.name}:sort({sign}, {{ descending = {'true' if falling else 'false'} }}))",
                            lambda x: sorted_along(x, d, falling, which), x)
        if has_ties(x.single, d):
            return
        which = self.random.randint(1, 2)
        if name == "topk":
            k, largest = self.random.randint(1, size), self.random.random() < 0.5
            return self.add(f"select({which}, {x.name}:topk({k}, {sign}, {{ largest = {'true' if largest else 'false'} }}))",
                            lambda x: pair(torch.topk(x, k, d, largest=largest), which), x)
        if name in ("max", "min"):
            return self.add(f"select({which}, {x.name}:{name}({sign}{option}))",
                            lambda x: pair(getattr(torch, name)(x, d, keepdim=keeps), which), x)
        return self.add(f"{x.name}:{name}({sign}{option})",
                        lambda x: getattr(torch, name)(x, d, keepdim=keeps).to(x.dtype) + 1, x)

    def product(self):
        a = self.ranked(1)
        k, m, n = a.shape[-1], *[self.random.choice([1, 1, 2, 3, 0]) for _ in range(2)]
        kind = self.random.choice(["vector", "shared", "batch", "left", "transposed", "bmm", "mv"])
        if kind == "vector":
            b = self.leaf([k])
        elif kind == "shared":
            b = self.leaf([k, n])
        elif kind == "batch":
            b = self.leaf([self.random.choice([1, s]) for s in a.shape[:-2]] + [k, n])
        elif kind == "left" and a.single.dim() >= 2:
            b, a = a, self.leaf(self.random.choice([[], [m]]) + [a.shape[-2]])
        elif kind == "transposed":
            b = self.leaf([n, k])
            return self.add(f"{a.name}:matmul({b.name}:t())", lambda a, b: a @ b.t(), a, b)
        elif kind == "bmm" and a.single.dim() == 3:
            b = self.leaf([a.shape[0], k, n])
            return self.add(f"{a.name}:bmm({b.name})", torch.bmm, a, b)
        elif a.single.dim() == 2:
            b = self.leaf([k])
            return self.add(f"{a.name}:mv({b.name})", torch.mv, a, b)
        else:
            return
        self.add(f"{a.name}:matmul({b.name})", torch.matmul, a, b)

    def layer(self):
        x = self.pick(lambda v: v.single.dim() == 4 and v.single.numel() > 0 and v.single.numel() < 400)
        x = x or self.leaf([self.random.randint(1, 2), self.random.randint(1, 4), self.random.randint(1, 5), self.random.randint(1, 5)])
        n, c, h, w = x.shape
        kind = self.random.choice(["conv", "conv", "norm", "resize"])
        if kind == "conv":
            groups = self.random.choice([g for g in range(1, c + 1) if c % g == 0])
            kh, kw, padding = self.random.randint(1, 3), self.random.randint(1, 3), self.random.randint(0, 2)
            if h + 2 * padding < kh or w + 2 * padding < kw:
                return
            stride = self.random.randint(1, 2)
            weight = self.leaf([groups * self.random.randint(1, 3), c // groups, kh, kw])
            bias = self.leaf([weight.shape[0]])
            return self.add(
                f"{x.name}:conv2d({weight.name}, {{ bias = {bias.name}, stride = {stride}, padding = {padding}, groups = {groups} }})",
                lambda x, w, b: F.conv2d(x, w, b, stride, padding, 1, groups), x, weight, bias)
        if kind == "norm":
            if n * h * w == 1:  # PyTorch refuses it
                return
            groups = self.random.choice([g for g in range(1, c + 1) if c % g == 0])
            weight, bias = self.leaf([c]), self.leaf([c])
            return self.add(f"{x.name}:group_norm({groups}, {{ weight = {weight.name}, bias = {bias.name}, eps = 0.1 }})",
                            lambda x, w, b: F.group_norm(x, groups, w, b, 0.1), x, weight, bias)
        mode, size = self.random.choice(["nearest", "bilinear", "bicubic", "area"]), [self.random.randint(1, 7) for _ in range(2)]
        self.add(f"{x.name}:resize({size[0]}, {size[1]}, '{mode}')", lambda x: F.interpolate(x, size, mode=mode), x)

    def gather(self):
        x = self.ranked(1)
        d = self.random.randrange(x.single.dim())
        size = x.shape[d]
        if size == 0:
            return
        if self.random.random() < 0.5:
            index = torch.tensor([self.random.randrange(size) for _ in range(self.random.randint(1, 4))])
            return self.add(f"{x.name}:index_select({d + 1}, {places(index + 1)})", lambda x: x.index_select(d, index), x)
        shape = [self.random.randint(1, max(s, 1)) if s else 0 for s in x.shape]
        shape[d] = self.random.randint(1, 4)
        count = 1
        for s in shape:
            count *= s
        if count == 0:
            return
        index = torch.tensor([self.random.randrange(size) for _ in range(count)]).reshape(shape)
        self.add(f"{x.name}:gather({d + 1}, {places(index + 1)})", lambda x: x.gather(d, index), x)

    def join(self):
        a = self.any()
        b = self.pick(lambda v: v.shape == a.shape) or a
        if a.single.dim() > 0 and self.random.random() < 0.5:
            d = self.random.randrange(a.single.dim())
            return self.add(f"t.cat({{ {a.name}, {b.name} }}, {d + 1})", lambda a, b: torch.cat([a, b], d), a, b)
        if a.single.dim() < 6:
            d = self.random.randint(0, a.single.dim())
            self.add(f"t.stack({{ {a.name}, {b.name} }}, {d + 1})", lambda a, b: torch.stack([a, b], d), a, b)

    def in_place(self):
        """Writing into a part of a copy that no tape knows of; the whole copy is the value."""
        x = self.ranked(1)
        d = self.random.randrange(x.single.dim())
        if x.shape[d] == 0:
            return
        i = self.random.randrange(x.shape[d])
        before = "".join("{}, " for _ in range(d))
        text, function = self.random.choice([
            (f"y[{{ {before}{i + 1} }}] = 0.5", lambda y, p: p.fill_(0.5)), (f"y:select({d + 1}, {i + 1}):mul_(3)", lambda y, p: p.mul_(3)),
            (f"y:select({d + 1}, {i + 1}):add_(y:select({d + 1}, 1))", lambda y, p: p.add_(y.select(d, 0))),
            (f"y:select({d + 1}, {i + 1}):copy_(y:select({d + 1}, {x.shape[d]}))", lambda y, p: p.copy_(y.select(d, y.shape[d] - 1).clone())),
            ("y:clamp_(-1, 1)", lambda y, p: y.clamp_(-1, 1)), ("y:relu_()", lambda y, p: y.relu_()),
            ("y:sub_(y)", lambda y, p: y.sub_(y))])

        def run(x):
            y = x.detach().clone(memory_format=torch.contiguous_format)
            function(y, y.select(d, i))
            return y

        self.add(f"(function(y) {text} return y end)({x.name}:detach():clone())", run, x)

    steps = [unary, unary, binary, binary, binary, number, view, view, view, reduce, reduce, product, layer, gather, join, in_place]


def listed(numbers):
    return ", ".join(map(str, numbers))


def goes(a, b):
    return all(x == y or x == 1 or y == 1 for x, y in zip(a.shape[::-1], b.shape[::-1]))


def pair(values, which):
    return values[0] if which == 1 else values[1].to(values[0].dtype) + 1


def sorted_along(x, d, falling, which):
    return pair(torch.sort(x, dim=d, descending=falling, stable=True), which)


def has_ties(x, d):
    if x.shape[d] < 2:
        return False
    ordered = torch.sort(x.detach(), dim=d).values
    return bool((ordered.diff(dim=d).abs() < 1e-4).any())


def close(single, double):
    """Whether the numbers are steady enough to be held against another's single precision."""
    if single.shape != double.shape or not bool(torch.isfinite(double).all()):
        return False
    scale = max(1.0, float(double.abs().max()) if double.numel() else 0.0)
    return scale < 1e5 and (double.numel() == 0 or float((single.double() - double).abs().max()) < 2e-5 * scale)


def make(seed):
    """A program's Lua text, which ends with a list of tensors, and what they are; None where PyTorch itself is not sure."""
    program = Program(seed)
    program.leaf(program.sizes(1))
    for _ in range(program.random.randint(2, 9)):
        program.step()
        if program.values[-1].single.numel() > 2000:
            break
    results = program.values[-3:]
    if not all(close(v.single.detach(), v.double.detach()) for v in program.values):
        return None
    expected = [v.double.detach() for v in results]
    lines = program.lines + [f"local out = {{ {', '.join(v.name + ':detach():clone()' for v in results)} }}"]
    if program.leaves and any(v.double.requires_grad for v in results):
        weighed = [v for v in results if v.double.requires_grad]
        loss = " + ".join(f"({v.name} * 0.5 + {v.name}:square() * 0.25):sum()" for v in weighed)
        gradients = {}
        for kind in ("single", "double"):
            leaves = [getattr(v, kind) for v in program.leaves]
            total = sum((getattr(v, kind) * 0.5 + getattr(v, kind).square() * 0.25).sum() for v in weighed)
            found = torch.autograd.grad(total, leaves, allow_unused=True)
            gradients[kind] = [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found)]
        if not all(close(s, d) for s, d in zip(gradients["single"], gradients["double"])):
            return None
        lines.append(f"({loss}):backward()")
        for leaf, gradient in zip(program.leaves, gradients["double"]):
            lines.append(f"out[#out + 1] = {leaf.name}.grad or t.zeros({leaf.name}:size())")
            expected.append(gradient)
    return "\n".join(lines + ["return out"]), expected
