// Connected regions of a map, in Swift. The header comes in by -import-objc-header.

/// A map {H, W} that is lent until the primitive returns.
private struct Map {
  let height: Int, width: Int
  private let first: UnsafePointer<Float>
  private let rowStride: Int, columnStride: Int

  /// nil if `tensor` is no map.
  init?(_ tensor: lunette_tensor) {
    guard tensor.dtype == LUNETTE_FLOAT32, tensor.rank == 2, let data = tensor.data else { return nil }
    (height, width) = (Int(tensor.shape[0]), Int(tensor.shape[1]))
    (rowStride, columnStride) = (Int(tensor.strides[0]), Int(tensor.strides[1]))
    first = data.assumingMemoryBound(to: Float.self)
  }

  func callAsFunction(_ row: Int, _ column: Int) -> Float { first[row * rowStride + column * columnStride] }

  func neighbours(of pixel: Int) -> [Int] {
    let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
    var found: [Int] = []
    if row > 0 { found.append(pixel - width) }
    if row < height - 1 { found.append(pixel + width) }
    if column > 0 { found.append(pixel - 1) }
    if column < width - 1 { found.append(pixel + 1) }
    return found
  }
}

private func fill(_ map: Map, above threshold: Double, from start: Int, with number: Float, in labels: UnsafeMutablePointer<Float>) {
  var waiting = [start]
  labels[start] = number
  while let pixel = waiting.popLast() {
    for next in map.neighbours(of: pixel)
    where labels[next] == 0 && Double(map(next / map.width, next % map.width)) > threshold {
      labels[next] = number
      waiting.append(next)
    }
  }
}

/// label(map {H, W}, threshold) -> labels {H, W}, how many
private func label(_ host: lunette_host, _ call: OpaquePointer) -> lunette_status {
  var tensor = lunette_tensor()
  var threshold = 0.0
  guard host.get_tensor(call, 1, &tensor) == LUNETTE_OK, host.get_number(call, 2, &threshold) == LUNETTE_OK else {
    return LUNETTE_FAILED
  }
  guard let map = Map(tensor) else { return host.fail(call, "label: a map {H, W} of float32 expected") }
  var data: UnsafeMutableRawPointer?
  guard host.add_tensor(call, LUNETTE_FLOAT32, 2, tensor.shape, &data) == LUNETTE_OK, let data else { return LUNETTE_FAILED }
  let count = map.height * map.width
  let labels = data.bindMemory(to: Float.self, capacity: count)
  labels.initialize(repeating: 0, count: count)
  var regions = 0
  for pixel in 0..<count where labels[pixel] == 0 && Double(map(pixel / map.width, pixel % map.width)) > threshold {
    if host.is_interrupted(call) != 0 { return LUNETTE_FAILED }
    regions += 1
    fill(map, above: threshold, from: pixel, with: Float(regions), in: labels)
  }
  return host.add_integer(call, Int64(regions))
}

@_cdecl("lunette_plugin_abi")
public func pluginABI() -> UInt32 { LUNETTE_PLUGIN_ABI }

@_cdecl("lunette_plugin_open")
public func pluginOpen(_ host: UnsafePointer<lunette_host>, _ registry: OpaquePointer) -> lunette_status {
  host.pointee.add_primitive(registry, "label", { host, call, _ in label(host!.pointee, call!) }, nil)
}
