/// Files that are given where a safetensors file is expected.
enum ForeignFile {
  /// What a file is by its first bytes; nil if it is nothing known.
  static func name(of bytes: UnsafeRawBufferPointer) -> String? {
    func starts(_ prefix: String) -> Bool { bytes.starts(with: Array(prefix.utf8)) }
    if starts("version https://git-lfs") {
      return "a Git LFS pointer, not the file itself: fetch it with 'git lfs pull'"
    }
    if starts("PK\u{3}\u{4}") || (bytes.count > 1 && bytes[0] == 0x80 && (2...5).contains(bytes[1])) {
      return
        "a pickle of PyTorch (.ckpt, .pt, .bin), which may run code and is not read: convert it to safetensors"
    }
    if starts("GGUF") { return "a GGUF file: convert it to safetensors" }
    if starts("<!DOCTYPE") || starts("<html") { return "a web page: the download went wrong" }
    return nil
  }
}
