import Tensor
import Weights

/// What a full reading of a checkpoint has found.
public struct CheckpointReport: Sendable {
  /// What is wrong, one line each.
  public var faults: [String] = []
  /// Tensors that nothing uses.
  public var unused: [String] = []
  /// What the user should know.
  public var warnings: [String] = []
  /// How many tensors were read.
  public var tensors = 0
}

extension Checkpoint {
  /// Compares every tensor with the configs and looks at every number.
  public func check() -> CheckpointReport {
    var report = CheckpointReport()
    var files: [WeightFiles] = []
    for source in components where source.task != .scheduler {
      do {
        let (_, weights, probe) = try load(source, probing: true)
        report.faults += probe?.faults ?? []
        guard let weights else { continue }
        if !files.contains(where: { $0 === weights }) { files.append(weights) }
        report.unused += Self.unused(probe, of: source)
      } catch { report.faults.append("\(error)") }
    }
    if let source = clipSource {
      do {
        _ = try clip()
        files.append(try source.weights().files)
      } catch { report.faults.append("\(error)") }
    }
    for file in files {
      report.tensors += file.entries.count
      report.faults += Self.wrongNumbers(file)
    }
    if isSingleFile, let single = files.first { report.unused += strays(single) }
    for step in [{ try self.requireSupported() }, { try self.checkScheduler() }] {
      do { try step() } catch { report.faults.append("\(error)") }
    }
    if report.faults.isEmpty {
      do { _ = try pipeline() } catch { report.faults.append("\(error)") }
    }
    report.warnings = warnings
    return report
  }

  static func unused(_ probe: ProbedWeights?, of source: ComponentSource) -> [String] {
    let names = probe?.unused ?? []
    // Position numbers, which older versions of transformers stored.
    let isExpected = { (name: String) in
      name.hasSuffix("position_ids") || source.leavesOut.contains(where: name.hasPrefix)
    }
    return names.filter { !isExpected($0) }.map { "\(source.name).\($0)" }
  }

  /// Tensors of a single file that belong to no part: training's leftovers are expected.
  private func strays(_ files: WeightFiles) -> [String] {
    guard let layout = family.singleFile else { return [] }
    let known = layout.prefixes + layout.leftovers
    return files.names.filter { name in !known.contains { name.hasPrefix($0) } }
  }

  /// Tensors with numbers that are not finite.
  private static func wrongNumbers(_ files: WeightFiles) -> [String] {
    files.entries.compactMap { wrongNumbers($0, of: files) }
  }

  /// A line if a tensor holds numbers that are not finite.
  private static func wrongNumbers(_ entry: SafetensorsFile.Entry, of files: WeightFiles) -> String? {
    guard entry.type.isFloat else { return nil }
    do {
      let tensor = try files.tensor(named: entry.name)
      guard tensor.count > 0 else { return nil }
      let largest = try tensor.abs().max().item()
      return largest.isFinite
        ? nil : "\(files.path): tensor '\(entry.name)' holds \(largest.isNaN ? "NaN" : "infinite numbers")"
    } catch { return "\(error)" }
  }

  /// The first tensor of a component that holds numbers that are not finite, in a line; nil if there is none.
  static func brokenWeight(of source: ComponentSource) -> String? {
    guard let weights = try? source.plain().weights() else { return nil }
    return weights.entries.lazy.compactMap { wrongNumbers($0, of: weights.files) }.first
  }
}
