import Foundation
import Testing

/// Where the program finds less than it needs, it says so in a line and ends with 1; it never falls over.
@Suite struct SurroundingsTests {
  let program: Program

  init() throws {
    program = try Program()
    try program.script(
      """
      local model = assert(lunette.load())
      local out = model:generate{ prompt = "a cat", steps = 1, seed = 1 }
      lunette.display(out.image)
      out.image:save("x.png")
      print("done")
      """)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let line: String
    let status: Int32
    /// What stderr must say; nothing where it is nil.
    var errors: String?
    var testDescription: String { line }

    init(_ line: String, _ status: Int32, _ errors: String? = nil) {
      (self.line, self.status, self.errors) = (line, status, errors)
    }
  }

  static let run = "$LUNETTE run --model $MODEL script.lua"
  static let matmul =
    "$LUNETTE eval 'local x = lunette.tensor.ones{ 300, 300 }; return x:matmul(x):max():item()'"

  @Test(arguments: [
    // Threads.
    Case("LUNETTE_THREADS=3 \(matmul)", 0),
    Case("LUNETTE_THREADS=200 \(matmul)", 0),
    Case("LUNETTE_THREADS= OMP_NUM_THREADS= \(matmul)", 0),
    Case("OMP_NUM_THREADS=2,1 \(matmul)", 0),
    Case(
      "LUNETTE_THREADS=0 \(matmul)", 1,
      "LUNETTE_THREADS: a number of threads from 1 to 1024 expected, got '0'"),
    Case("LUNETTE_THREADS=-1 \(matmul)", 1, "got '-1'"),
    Case("LUNETTE_THREADS=many \(matmul)", 1, "got 'many'"),
    Case("LUNETTE_THREADS=1.5 \(matmul)", 1, "got '1.5'"),
    Case("LUNETTE_THREADS=99999999999999999999 \(matmul)", 1, "got '99999999999999999999'"),
    Case(
      "OMP_NUM_THREADS=100000 \(matmul)", 1, "OMP_NUM_THREADS: a number of threads from 1 to 1024 expected"),
    Case("OMP_NUM_THREADS=none \(matmul)", 1, "got 'none'"),
    // Threads that wait sleep, unless somebody says how they shall wait: what libgomp found when it began.
    Case(
      "env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT OMP_DISPLAY_ENV=true $LUNETTE eval 1", 0,
      "OMP_WAIT_POLICY = 'PASSIVE'"),
    Case("OMP_WAIT_POLICY=active OMP_DISPLAY_ENV=true $LUNETTE eval 1", 0, "OMP_WAIT_POLICY = 'ACTIVE'"),
    Case(
      "env -u OMP_WAIT_POLICY GOMP_SPINCOUNT=7 OMP_DISPLAY_ENV=verbose $LUNETTE eval 1", 0,
      "GOMP_SPINCOUNT = '7'"),
    // Where the output goes.
    Case("$LUNETTE eval 1+1 > /dev/full", 1, "stdout: No space left on device"),
    Case("$LUNETTE eval 'for i = 1, 1e5 do print(i) end' > /dev/full", 1, "stdout: No space left on device"),
    Case("\(run) > /dev/full", 1, "stdout: No space left on device"),
    Case("$LUNETTE --help > /dev/full", 1, "stdout: No space left on device"),
    Case("$LUNETTE plugin list > /dev/full", 1, "stdout: No space left on device"),
    Case(
      "set -o pipefail; $LUNETTE eval 'for i = 1, 1e5 do print(i) end' | head -1", 1, "stdout: Broken pipe"),
    Case("$LUNETTE eval 1+1 >&-", 1, "stdout: Bad file descriptor"),
    Case("$LUNETTE eval 1+1 <&-", 0),
    Case("$LUNETTE eval 1+1 2>&-", 0),
    Case("$LUNETTE eval 1+1 <&- >&- 2>&-", 1),
    Case("\(run) <&- 2>&- && cmp <(tail -c 8 lunette-out/script/report.html) <(echo '</html>')", 0),
    Case("$LUNETTE eval 'print(io.read(\"l\"))' <&-", 0),
    // Limits of the system.
    Case(
      "ulimit -s 64; $LUNETTE eval 1+1", 1, "the stack may have 64 KB here and 1024 KB are needed (ulimit -s)"
    ),
    Case("ulimit -S -s 64; env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT $LUNETTE eval 1+1", 0),
    Case("ulimit -S -s 64; OMP_WAIT_POLICY=active $LUNETTE eval 1+1", 0),
    Case("ulimit -S -s 64; GOMP_SPINCOUNT=1 $LUNETTE eval 1+1", 0),
    Case("ulimit -s 2048; ulimit -S -s 64; OMP_WAIT_POLICY=passive $LUNETTE eval 1+1", 0),
    Case("ulimit -s 1024; \(run)", 0, "report.html"),
    Case("ulimit -n 6; \(run)", 1, "Too many open files"),
    Case("ulimit -n 20; \(run)", 0, "report.html"),
    Case("ulimit -f 4; \(run)", 1, "lunette-out/script/report.html: File too large"),
    Case("ulimit -f 1; \(run)", 1, "lunette-out/script/report.html: File too large"),
    // Folders.
    Case("env -u HOME -u XDG_STATE_HOME -u XDG_DATA_HOME \(run)", 0, "report.html"),
    Case("HOME=/proc \(run)", 0, "report.html"),
    Case("echo 1+1 | HOME=/proc $LUNETTE repl", 0),
    Case(
      "env -u HOME -u XDG_DATA_HOME $LUNETTE plugin install .", 1, "neither HOME nor XDG_DATA_HOME is set"),
    Case(
      "HOME=/proc XDG_DATA_HOME= $LUNETTE plugin new some && HOME=/proc XDG_DATA_HOME= $LUNETTE plugin install some",
      1, "/proc/.local"),
    Case("TMPDIR=/nowhere \(run)", 0, "report.html"),
    Case(
      "TMPDIR=/nowhere $LUNETTE plugin install git+file:///nowhere", 1,
      "/nowhere/lunette-: No such file or directory"),
    Case("\(run) --out /proc/none", 1, "/proc/none: No such file or directory"),
    Case(
      "mkdir gone && cd gone && rmdir ../gone && $LUNETTE run --model $MODEL ../script.lua", 1,
      "No such file or directory"),
  ])
  func saysWhatIsMissing(_ it: Case) throws {
    let result = try program.shell(it.line)
    #expect(result.status == it.status, "\(result.errors)")
    if let errors = it.errors { #expect(result.errors.contains(errors)) }
    #expect(!result.errors.contains("Fatal error") && !result.errors.contains("crashed"))
  }

  /// OpenBLAS takes a buffer of 128 MB at its first call, and would ask for it without end.
  @Test(arguments: ["", "LUNETTE_BACKEND=openblas "])
  func aProcessWithLittleMemoryDoesNotHang(_ backend: String) throws {
    let call =
      backend.isEmpty
      ? "lunette.linalg.sqrtm(lunette.tensor{ { 4, 0 }, { 0, 9 } })"
      : "lunette.tensor.ones{ 64, 64 }:matmul(lunette.tensor.ones{ 64, 64 })"
    let code = """
      local size = io.open("/proc/self/status"):read("a"):match("VmSize:%s+(%d+)")
      print(size) print(pcall(function() return \(call):sum():item() end))
      """
    let line = "LUNETTE_THREADS=1 \(backend)timeout -s KILL 60 $LUNETTE eval '\(code)'"
    let free = try program.shell(line)
    let size = try #require(free.output.split(separator: "\n").first.flatMap { Int($0) }, "\(free.errors)")
    #expect(free.output.contains("true"))
    let result = try program.shell("ulimit -v \(size + 70_000) -t 20; \(line)")
    #expect(
      result.output.contains("no room for OpenBLAS"), "\(result.status): \(result.output)\(result.errors)")
  }

  @Test func whatIsReadAsACheckpointIsAFile() throws {
    try FileManager.default.copyItem(atPath: Program.model, toPath: program.file("model").path)
    let path = "model/unet/diffusion_pytorch_model.safetensors"
    for (make, message) in [
      ("mkfifo \(path)", "not a file"), ("mkdir \(path)", "a folder, not a file"),
      ("ln -s /dev/zero \(path)", "not a file"),
      ("head -c 5 /dev/zero > \(path)", "not a safetensors file: 5 bytes"),
      (": > \(path)", "not a safetensors file: 0 bytes"),
      ("ln -s nowhere \(path)", "no such file"),
      ("head -c 2000 $MODEL/unet/diffusion_pytorch_model.safetensors > \(path)", "truncated"),
    ] {
      let result = try program.shell(
        "rm -rf \(path); \(make); timeout 20 $LUNETTE eval 'local m, why = lunette.load(\"model\") print(why)'"
      )
      #expect(result.status == 0)
      #expect(
        result.output.contains("model/unet/diffusion_pytorch_model.safetensors: ")
          && result.output.contains(message), "\(make): \(result.output)\(result.errors)")
    }
  }

  /// Another program cuts a checkpoint short between loading and reading.
  @Test(arguments: [
    "truncate -s 100000", "truncate -s 0", "cp /dev/null", "dd if=/dev/zero bs=1 count=9 conv=notrunc of=",
  ])
  func aCheckpointThatChangesIsAnErrorThatNamesIt(_ change: String) throws {
    try FileManager.default.copyItem(atPath: Program.model, toPath: program.file("model").path)
    let path = "model/unet/diffusion_pytorch_model.safetensors"
    try program.script(
      """
      lunette.display("made before")
      local model = assert(lunette.load("model"))
      assert(os.execute("sleep 0.02; \(change)\(change.hasSuffix("=") ? "" : " ")\(path) 2>&1"))
      local image = model:generate{ prompt = "a cat", steps = 1, seed = 1 }.image
      print("no result of zeros: ", image)
      """)
    let result = try program.run("run", "script.lua")
    #expect(result.status == 1)
    #expect(result.errors.contains("\(path): another program c"), "\(result.errors)")
    #expect(!result.output.contains("no result"))
    #expect(try program.text("lunette-out/script/report.html").contains("another program c"))
    #expect(try program.text("lunette-out/script/run.json").contains("\"failed\""))
  }
}
