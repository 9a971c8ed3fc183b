import Foundation
import Imaging
import Tensor
import Testing

/// Numbers of sets of features, held against NumPy, SciPy and scikit-learn in double precision.
@Suite struct FeatureTests {
  struct Expected: Decodable {
    let frechetWide, frechetTall, kidWide, kidTall, cmmd, vendi, inertia, divergence, trust, flatTrust: Double
    let ratio, variance, components: [Double]
    let labels: [Int]
  }

  let expected: Expected

  init() throws { expected = try Goldens.json(Expected.self, "features.json") }

  private func points(_ n: Int, _ d: Int, _ seed: UInt32, scale: Float = 1, plus: Float = 0) throws -> Tensor
  {
    try Goldens.noise([n, d], seed: seed).multiplying(scale).adding(plus)
  }

  /// Three groups of twenty.
  private func groups() throws -> Tensor {
    var values = try points(60, 5, 5).toArray()
    for i in 0..<60 { values[i * 5 + i / 20] += 3 }
    return try Tensor(values, shape: [60, 5])
  }

  /// From float32: 1e-5 of what is subtracted from each other.
  @Test func distancesOfSets() throws {
    let (a, b) = try (points(20, 40, 1), points(30, 40, 2, scale: 1.2, plus: 0.1))
    let (c, d) = try (points(90, 6, 3), points(70, 6, 4, scale: 0.8))
    #expect(try abs(FeatureDistances.frechet(a, b) - expected.frechetWide) < 1e-4)
    #expect(try abs(FeatureDistances.frechet(c, d) - expected.frechetTall) < 1e-5)
    #expect(try abs(FeatureDistances.kid(a, b) - expected.kidWide) < 1e-5)
    #expect(try abs(FeatureDistances.kid(c, d) - expected.kidTall) < 1e-6)
    let found = try FeatureDistances.cmmd(c.normalized(dim: 1), d.normalized(dim: 1))
    #expect(abs(found - expected.cmmd) < 1e-5)
    let score = try FeatureDistances.vendi(c.subtracting(0.5))
    #expect(abs(score - expected.vendi) < 1e-5)
    let none = try FeatureDistances.frechet(a, a)
    #expect(abs(none) < 1e-4)
    let (there, back) = try (FeatureDistances.frechet(b, a), FeatureDistances.frechet(a, b))
    #expect(abs(there - back) < 1e-4)
    #expect(throws: (any Error).self) { try FeatureDistances.kid(a, c) }
    #expect(throws: (any Error).self) { try FeatureDistances.frechet(a, Tensor.full([3, 40], .nan)) }
  }

  @Test func principalComponents() throws {
    let found = try PrincipalComponents(groups(), k: 3)
    for (a, b) in zip(found.ratio + found.variance, expected.ratio + expected.variance) {
      #expect(abs(a - b) < 1e-5)
    }
    for (a, b) in zip(found.components.toArray(), expected.components) { #expect(abs(Double(a) - b) < 1e-4) }
    let back = try found.scores.matmul(found.components).adding(found.mean)
    let worst = try back.subtracting(groups()).abs().max().item()
    #expect(worst < 1.5)
  }

  @Test func groupsAreFound() throws {
    let x = try groups()
    var generator = TorchCPUGenerator(seed: 3)
    let rows = try [0, 25, 50].map { try x.selected(0, $0) }
    let same = try Clusters.kMeans(x, k: 3, initial: Tensor.stacked(rows, dim: 0), generator: &generator)
    #expect(same.labels == expected.labels && abs(same.inertia - expected.inertia) < 1e-4)
    let own = try Clusters.kMeans(x, k: 3, generator: &generator)
    #expect(abs(own.inertia - expected.inertia) < 1e-4)
    #expect(Set((0..<60).map { [$0 / 20, own.labels[$0]] }).count == 3)
    // As many groups as points, and points that are all the same.
    let single = try Clusters.kMeans(x, k: 60, starts: 2, generator: &generator)
    #expect(single.inertia < 1e-9)
    let flat = try Clusters.kMeans(Tensor.ones([5, 2]), k: 3, generator: &generator)
    #expect(flat.inertia == 0 && flat.labels.count == 5)
  }

  @Test func farPointsAreChosen() throws {
    let x = try Tensor([0, 1, 10, 5], shape: [4, 1])
    #expect(try Clusters.farthest(x, k: 3, start: 0) == [0, 2, 3])
    #expect(try Clusters.farthest(x, k: 1) == [2])
    let all = try Clusters.farthest(Tensor.ones([5, 2]), k: 5)
    #expect(Set(all).count == 5)
  }

  /// An embedding has no right answer: ours must be as good as scikit-learn's by the divergence that it makes small, and by an
  /// independent measure.
  @Test func embeddings() throws {
    let x = try groups()
    let trust = try TSNE.trustworthiness(x, x.narrowed(1, start: 3, length: 2).contiguous())
    #expect(abs(trust - expected.trust) < 1e-9)
    var generator = TorchCPUGenerator(seed: 0)
    let found = try TSNE(x, perplexity: 10, generator: &generator)
    #expect(found.divergence < expected.divergence * 1.05, "\(found.divergence) \(expected.divergence)")
    let own = try TSNE.trustworthiness(x, found.points)
    #expect(own > expected.flatTrust - 0.01)
    let flat = try TSNE(Tensor.ones([8, 2]), perplexity: 3, iterations: 20, generator: &generator)
    let finite = flat.points.toArray().filter(\.isFinite)
    #expect(finite.count == 16)
  }
}
