import Foundation
import Testing

/// What is said where PyTorch cannot be had, on installations made up for it.
@Suite struct DeviceTests {
  let program: Program

  init() throws { program = try Program() }

  private func refused(_ device: String, _ environment: [String: String] = [:]) throws -> String {
    let result = try program.run("eval", "--device", device, "1", environment: environment)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    return result.errors
  }

  /// A folder `torch` whose libtorch is `content`.
  private func installation(_ content: Data) throws -> String {
    let library = program.file("torch/lib")
    try FileManager.default.createDirectory(at: library, withIntermediateDirectories: true)
    try content.write(to: library.appendingPathComponent("libtorch_cpu.so"))
    return program.file("torch").path
  }

  @Test(arguments: ["gpu", "torch", "torch:tpu", "torch:cuda:x", "torch:cuda:-1", "torch:cpu:0"])
  func devicesThatDoNotExistAreNamed(_ name: String) throws {
    #expect(try refused(name).contains("there is no device '\(name)'"))
  }

  @Test func aFolderWithoutLibtorchIsNamed() throws {
    let errors = try refused("torch:cpu", ["LUNETTE_TORCH": "/nowhere"])
    #expect(errors.contains("LUNETTE_TORCH is '/nowhere'"))
  }

  @Test func aFileThatIsNoLibraryIsNamed() throws {
    let folder = try installation(Data("not a library".utf8))
    for wish in [folder, program.folder.path] {
      let errors = try refused("torch:cpu", ["LUNETTE_TORCH": wish])
      #expect(errors.contains("PyTorch in \(folder) cannot be used"))
    }
  }

  @Test func libtorchWithoutTheStableInterfaceIsTooOld() throws {
    // A library that has none of its functions.
    let other = try #require(
      [
        "/usr/lib/x86_64-linux-gnu/libz.so.1", "/usr/lib/aarch64-linux-gnu/libz.so.1",
        "/lib/x86_64-linux-gnu/libz.so.1",
      ]
      .first { FileManager.default.fileExists(atPath: $0) })
    let folder = try installation(try Data(contentsOf: URL(fileURLWithPath: other).resolvingSymlinksInPath()))
    let errors = try refused("torch:cuda", ["LUNETTE_TORCH": folder])
    #expect(errors.contains("it is older than 2.10"))
  }

  @Test func aPythonWithoutTorchIsNamed() throws {
    let python = program.file("python3")
    try Data("#!/bin/sh\necho\n".utf8).write(to: python)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
    let errors = try refused("torch:cpu", ["PATH": program.folder.path, "LUNETTE_TORCH": ""])
    #expect(errors.contains("\(python.path) has no module torch"))
    let none = try refused("torch:cpu", ["PATH": "/nowhere", "LUNETTE_TORCH": ""])
    #expect(none.contains("no python3 is on the path"))
  }

  @Test func aModelAsksForTheDeviceOfItsSession() throws {
    let same = try program.run("eval", "require('lunette').load('emoji-world', { device = 'cpu' }) ~= nil")
    #expect(same.output == "true\n", "\(same.errors)")
    let other = try program.run("eval", "require('lunette').load('emoji-world', { device = 'torch:cuda' })")
    #expect(other.status == 1)
    #expect(other.errors.contains("start it with --device torch:cuda"), "\(other.errors)")
  }

  @Test func doctorSaysWhatWasFound() throws {
    let doctor = try program.run("doctor", environment: ["LUNETTE_TORCH": "/nowhere"])
    #expect(doctor.output.contains("LUNETTE_TORCH is '/nowhere'"))
    #expect(doctor.status == 0)
  }
}
