import Encoding
import Testing

@testable import JupyterKernel

@Suite struct KernelSpecTests {
  @Test func pointsAtTheProgram() throws {
    let files = try KernelSpec.files(program: "/opt/a b/bin/lunette")
    let spec = try #require(files.first { $0.name == "kernel.json" })
    let json = try JSON(parsing: spec.bytes)
    #expect(
      json["argv"] == ["/opt/a b/bin/lunette", "kernel", "run", "--connection-file", "{connection_file}"])
    #expect(json["language"] == "lua" && json["interrupt_mode"] == "message")
    #expect(files.contains { $0.name == "logo-svg.svg" })
    for file in files where file.name.hasSuffix(".png") {
      #expect(file.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  @Test func neverAtABuild() {
    #expect(throws: KernelError.self) { try KernelSpec.files(program: "/src/.build/release/lunette") }
  }

  @Test func folders() throws {
    #expect(try KernelSpec.folder(prefix: "/opt/venv") == "/opt/venv/share/jupyter/kernels/lunette")
  }
}
