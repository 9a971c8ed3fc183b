import Glibc
import Tensor

/// The operations written out in double, as their definitions say.
enum Reference {
  /// Numbers of a small generator, about uniform in [-1, 1).
  static func noise(_ shape: [Int], seed: UInt64 = 1) throws -> Tensor {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    let values = (0..<shape.reduce(1, *)).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
    }
    return try Tensor(values, shape: shape)
  }

  static func activate(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: return x
    case .relu: return max(0, x)
    case .silu: return x / (1 + exp(-x))
    case .gelu: return 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: return 0.5 * x * (1 + tanh(0.797884560802865 * (x + 0.044715 * x * x * x)))
    case .quickGelu: return x / (1 + exp(-1.702 * x))
    }
  }

  /// [m, k]·[k, n]
  static func product(_ a: [Float], _ b: [Float], m: Int, k: Int, n: Int) -> [Double] {
    var out = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for l in 0..<k { out[i * n + j] += Double(a[i * k + l]) * Double(b[l * n + j]) }
      }
    }
    return out
  }

  static func convolution(
    _ x: Tensor, _ w: Tensor, bias: Tensor?, stride: Int, padding: Padding, groups: Int,
    activation: Activation,
    residual: Tensor?
  ) -> [Double] {
    let (n, h, width, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (o, into, kh, kw) = (w.shape[0], w.shape[1], w.shape[2], w.shape[3])
    let oh = (h + padding.top + padding.bottom - kh) / stride + 1
    let ow = (width + padding.left + padding.right - kw) / stride + 1
    let image = x.toArray()
    let kernel = w.toArray()
    let bias = bias?.toArray()
    let residual = residual?.toArray()
    var out: [Double] = []
    for i in 0..<n {
      for y in 0..<oh {
        for z in 0..<ow {
          for q in 0..<o {
            var sum = Double(bias?[q] ?? 0)
            for d in 0..<into {
              for a in 0..<kh {
                for b in 0..<kw {
                  let (v, u) = (y * stride + a - padding.top, z * stride + b - padding.left)
                  guard v >= 0 && v < h && u >= 0 && u < width else { continue }
                  let channel = q / (o / groups) * into + d
                  sum +=
                    Double(image[((i * h + v) * width + u) * c + channel])
                    * Double(kernel[((q * into + d) * kh + a) * kw + b])
                }
              }
            }
            out.append(activate(activation, sum) + Double(residual?[out.count] ?? 0))
          }
        }
      }
    }
    return out
  }

  /// Outputs {n, lq, h·d} and probabilities {n, h, lq, lk}.
  static func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Double, causal: Bool
  ) -> (out: [Double], probabilities: [Double]) {
    let (n, lq, width, lk) = (q.shape[0], q.shape[1], q.shape[2], k.shape[1])
    let d = width / heads
    let (query, key, value) = (q.toArray(), k.toArray(), v.toArray())
    var out = [Double](repeating: 0, count: n * lq * width)
    var all = [Double](repeating: 0, count: n * heads * lq * lk)
    for i in 0..<n {
      for h in 0..<heads {
        for r in 0..<lq {
          let seen = causal ? min(lk, r + lk - lq + 1) : lk
          var weights = [Double](repeating: 0, count: lk)
          for j in 0..<seen {
            var dot = 0.0
            for e in 0..<d {
              dot +=
                Double(query[(i * lq + r) * width + h * d + e])
                * Double(key[(i * lk + j) * width + h * d + e])
            }
            weights[j] = exp(dot * scale)
          }
          let sum = weights.reduce(0, +)
          for j in 0..<seen {
            let p = weights[j] / sum
            all[((i * heads + h) * lq + r) * lk + j] = p
            for e in 0..<d {
              out[(i * lq + r) * width + h * d + e] += p * Double(value[(i * lk + j) * width + h * d + e])
            }
          }
        }
      }
    }
    return (out, all)
  }
}
