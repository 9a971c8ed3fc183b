import Glibc
import Tensor

// Seconds of one call of each operation, the least of many, one line each: `name seconds`. See `run`.

/// Processor time with one thread, so that other programs count for little; else the time on the wall.
func now() -> Double {
  var time = timespec()
  clock_gettime(Compute.threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

func measure(_ name: String, _ body: () throws -> Tensor) throws {
  var least = Double.infinity, spent = 0.0, calls = 0
  while calls < 5 || (spent < 0.3 && calls < 400) {
    let start = now()
    _ = try body()
    let seconds = now() - start
    least = min(least, seconds)
    spent += seconds
    calls += 1
  }
  print(name, least)
}

func noise(_ shape: [Int]) throws -> Tensor {
  var state: UInt32 = 1
  return try Tensor(
    (0..<shape.reduce(1, *)).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(Int32(bitPattern: state)) / 2_147_483_648
    }, shape: shape)
}

for (n, side, inputs, outputs, kernel, stride) in [
  (2, 16, 4, 64, 3, 1), (2, 16, 64, 64, 3, 1), (2, 8, 128, 128, 3, 1), (2, 16, 64, 64, 3, 2), (2, 16, 192, 64, 1, 1),
  (1, 64, 32, 32, 3, 1), (2, 64, 320, 320, 3, 1), (2, 16, 1280, 1280, 3, 1), (2, 64, 960, 320, 1, 1),
] {
  let x = try noise([n, side, side, inputs]), w = Weight(try noise([outputs, inputs, kernel, kernel]))
  let bias = try noise([outputs]), padding = Padding.same(kernel / 2)
  try measure("convolution:\(n)x\(side)x\(inputs)->\(outputs),k\(kernel),s\(stride)") {
    try x.convolution(w, bias: bias, stride: stride, padding: padding)
  }
  guard stride == 1 else { continue }
  let residual = try noise([n, side, side, outputs])
  try measure("convolution+residual:\(n)x\(side)x\(inputs)->\(outputs),k\(kernel),s\(stride)") {
    try x.convolution(w, bias: bias, stride: stride, padding: padding, residual: residual)
  }
}
for (rows, inputs, outputs) in [
  (2, 256, 64), (154, 64, 64), (512, 64, 64), (512, 64, 512), (512, 256, 64), (77, 768, 3072), (8192, 320, 320),
  (512, 1280, 1280),
] {
  let x = try noise([rows, inputs]), w = Weight(try noise([outputs, inputs])), bias = try noise([outputs])
  try measure("linear:\(rows)x\(inputs)->\(outputs)") { try x.linear(w, bias: bias) }
}
for (m, k, n) in [(64, 64, 64), (512, 512, 512), (768, 72, 768)] {
  let a = try noise([m, k]), b = try noise([k, n])
  try measure("matmul:\(m)x\(k)x\(n)") { try a.matmul(b) }
}
for (n, side, channels) in [(2, 16, 64), (2, 8, 128), (1, 64, 32), (2, 64, 320), (1, 256, 128)] {
  let x = try noise([n, side, side, channels]), w = try noise([channels])
  try measure("group norm+silu:\(n)x\(side)x\(channels)") {
    try x.groupNorm(groups: 32, weight: w, bias: w, epsilon: 1e-5, activation: .silu)
  }
}
for (rows, width) in [(512, 64), (8192, 320), (77, 768)] {
  let x = try noise([rows, width]), w = try noise([width])
  try measure("layer norm:\(rows)x\(width)") { try x.layerNorm(weight: w, bias: w, epsilon: 1e-5) }
}
for (rows, width) in [(2048, 77), (2048, 256), (65536, 77)] {
  let x = try noise([rows, width])
  try measure("softmax:\(rows)x\(width)") { try x.softmax() }
}
for (rows, width) in [(512, 256), (8192, 1280)] {
  let x = try noise([rows, 2 * width])
  try measure("geglu:\(rows)x\(width)") { try x.geglu() }
}
for count in [32768, 2_621_440] {
  let x = try noise([count])
  try measure("silu:\(count)") { try x.silu() }
  try measure("add:\(count)") { try x.adding(x) }
}
for (n, heads, queries, keys, width) in [
  (2, 4, 256, 77, 8), (2, 4, 256, 256, 16), (2, 4, 64, 77, 32), (1, 12, 77, 77, 64), (2, 8, 4096, 77, 40),
  (2, 8, 1024, 1024, 80), (2, 8, 4096, 4096, 40),
] {
  let q = try noise([n, queries, heads * width]), k = try noise([n, keys, heads * width])
  let scale = 1 / Float(width).squareRoot(), size = "\(n)x\(heads)x\(queries)x\(keys),\(width)"
  try measure("attention:\(size)") { try .attention(query: q, key: k, value: k, heads: heads, scale: scale) }
  guard keys <= 1024 else { continue }
  let sums = try Tensor.zeros([n, heads, queries, keys])
  try measure("attention+sums:\(size)") {
    try .attention(query: q, key: k, value: k, heads: heads, scale: scale, addingProbabilitiesTo: sums)
  }
  try measure("probabilities+attend:\(size)") {
    try .attend(.attentionProbabilities(query: q, key: k, heads: heads, scale: scale), k)
  }
}
