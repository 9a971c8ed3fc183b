import Foundation
import Testing

/// Native plugins, built here by the C compiler and loaded by the program: the example of the guide, and libraries that lie.
@Suite struct NativePluginTests {
  let program: Program
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  private static let include = root + "/Sources/C/CNativePlugin/include"

  init() throws {
    program = try Program()
    try FileManager.default.copyItem(
      atPath: Self.root + "/Docs/native-plugin", toPath: program.file("blobs").path)
  }

  private func run(_ arguments: [String], plugins: String = "") throws -> Program.Result {
    let environment = ["HOME": program.folder.path, "XDG_DATA_HOME": "", "LUNETTE_PLUGINS": plugins]
    return switch arguments.count {
    case 2: try program.run(arguments[0], arguments[1], environment: environment)
    case 3: try program.run(arguments[0], arguments[1], arguments[2], environment: environment)
    default: try program.run(arguments[0], arguments[1], arguments[2], arguments[3], environment: environment)
    }
  }

  private func shell(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = program.folder
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(command)")
  }

  private func buildExample() throws { try shell("blobs/native/build '\(Self.include)'") }

  private static let code = "select(2, require('blobs').label(lunette.tensor{ { 1, 0, 1 } }, 0.5))"

  @Test func theExampleRunsOnceItIsGranted() throws {
    try buildExample()
    let checked = try run(["plugin", "check", "blobs", "--trust"])
    #expect(checked.output == "blobs 0.1-1: nothing to complain about\n", "\(checked.errors)")
    let tested = try run(["plugin", "test", "blobs", "--trust"])
    #expect(tested.output == "tests/blobs_test.lua\n1 test passed\n", "\(tested.errors)")

    let refused = try run(["plugin", "install", "blobs"])
    #expect(refused.status != 0)
    #expect(
      refused.errors.contains(
        "it contains native/blobs.so: native code takes the label 'lunette:native' and your grant (--trust)"))
    let granted = try run(["plugin", "install", "--trust", "blobs"])
    #expect(granted.output.contains("(lunette:native): granted"), "\(granted.errors)")
    #expect(try run(["eval", Self.code]).output == "2\n")

    // The grant holds for exactly these files.
    let folder = program.file(".local/share/lunette/installed/blobs/0.1-1/native")
    try Data("x".utf8).write(to: folder.appendingPathComponent("blobs.so"))
    #expect(try run(["eval", Self.code]).errors.contains("its files are not those that were installed"))
  }

  @Test func withoutAGrantNothingIsLoaded() throws {
    try buildExample()
    let plugins = program.folder.path
    let refused = try run(["eval", Self.code], plugins: plugins)
    #expect(refused.status != 0)
    #expect(
      refused.errors.contains(
        "the plugin 'blobs' may not load native code: it asks for it ('lunette:native')"))
    #expect(try run(["eval", "--trust", Self.code], plugins: plugins).output == "2\n")

    // Nor by a plugin that does not ask, whoever trusts it.
    let spec = program.file("blobs/blobs-0.1-1.rockspec")
    let text = try String(contentsOf: spec, encoding: .utf8).replacing(", \"lunette:native\"", with: "")
    try Data(text.utf8).write(to: spec)
    let silent = try run(["eval", "--trust", Self.code], plugins: plugins)
    #expect(silent.errors.contains("its manifest does not ask for it (the label 'lunette:native')"))
  }

  /// A library from C whose `open` and primitives are given.
  private func library(_ source: String, abi: String = "LUNETTE_PLUGIN_ABI") throws {
    let text = """
      #include <lunette_plugin.h>
      #include <stdlib.h>
      #define PRIMITIVE(name) static lunette_status name(const lunette_host *host, lunette_call *call, void *context)
      uint32_t lunette_plugin_abi(void) { return \(abi); }
      \(source)
      """
    try Data(text.utf8).write(to: program.file("blobs/native/blobs.c"))
    try shell("cc -shared -fPIC -I'\(Self.include)' blobs/native/blobs.c -o blobs/native/blobs.so")
  }

  private func eval(_ code: String) throws -> Program.Result {
    try Data("return { native = function() return lunette.native 'blobs' end }".utf8)
      .write(to: program.file("blobs/init.lua"))
    return try run(["eval", "--trust", code], plugins: program.folder.path)
  }

  @Test func librariesThatDoNotFitAreRefused() throws {
    let open = "lunette_status lunette_plugin_open(const lunette_host *host, lunette_registry *registry)"
    try library("\(open) { abort(); }", abi: "99")
    #expect(
      try eval("require('blobs').native()").errors.contains(
        "native/blobs.so: built for version 99 of lunette_plugin.h, this is version 1: build it anew"))
    try library("")
    #expect(try eval("require('blobs').native()").errors.contains("it exports no lunette_plugin_abi"))
    try library("\(open) { return host->refuse(registry, \"no licence\"); }")
    #expect(try eval("require('blobs').native()").errors.contains("native/blobs.so: no licence"))
    try library("\(open) { return LUNETTE_FAILED; }")
    #expect(try eval("require('blobs').native()").errors.contains("does not say why"))
    try library(
      "PRIMITIVE(f) { return 0; } \(open) { host->add_primitive(registry, \"f\", f, 0); return host->add_primitive(registry, \"f\", f, 0); }"
    )
    #expect(try eval("require('blobs').native()").errors.contains("it registers 'f' twice"))
    try Data("no library".utf8).write(to: program.file("blobs/native/blobs.so"))
    #expect(try eval("require('blobs').native()").errors.contains("blobs.so: cannot be loaded"))
    try FileManager.default.removeItem(at: program.file("blobs/native/blobs.so"))
    try shell("ln -s /tmp/x.so blobs/native/blobs.so")
    #expect(try eval("require('blobs').native()").errors.contains("is a symbolic link"))
  }

  /// Everything that a primitive can be given and can give; tensors by DLPack lie where they lay.
  @Test func valuesComeAndGo() throws {
    try library(
      """
      PRIMITIVE(kinds) {
        int64_t sum = 0;
        for (int32_t i = 1; i <= host->count(call); i++) sum = sum * 10 + host->kind(call, i);
        return host->add_integer(call, sum);
      }
      PRIMITIVE(echo) {
        int32_t flag; int64_t whole; double number; const char *text; size_t length;
        if (host->get_boolean(call, 1, &flag) || host->get_integer(call, 2, &whole) || host->get_number(call, 3, &number)
            || host->get_string(call, 4, &text, &length)) return LUNETTE_FAILED;
        host->add_boolean(call, !flag); host->add_integer(call, -whole); host->add_number(call, number / 2);
        host->add_string(call, text, length); host->add_nil(call);
        return host->add_boolean(call, text[length] == 0);
      }
      PRIMITIVE(silent) { return LUNETTE_FAILED; }
      PRIMITIVE(huge) {
        const int64_t shape[2] = {INT64_MAX, 4}; void *data;
        return host->add_tensor(call, LUNETTE_FLOAT32, 2, shape, &data);
      }
      static DLManagedTensorVersioned *held; static int freed;
      PRIMITIVE(hold) { return host->get_dlpack(call, 1, &held); }
      PRIMITIVE(first) {
        float value = ((float *)held->dl_tensor.data)[held->dl_tensor.strides[0]];
        return host->add_number(call, value);
      }
      PRIMITIVE(release) { held->deleter(held); held = 0; return LUNETTE_OK; }
      static void forget(DLManagedTensorVersioned *self) { freed++; free(self->manager_ctx); free(self); }
      static lunette_status give(const lunette_host *host, lunette_call *call, uint8_t bits, int64_t step) {
        int64_t *sizes = malloc(sizeof(int64_t) * 4 + sizeof(float) * 6);
        float *data = (float *)(sizes + 4);
        for (int i = 0; i < 6; i++) data[i] = i;
        DLManagedTensorVersioned *t = calloc(1, sizeof *t);
        *t = (DLManagedTensorVersioned){.version = {1, 0}, .manager_ctx = sizes, .deleter = forget};
        t->dl_tensor = (DLTensor){data, {kDLCPU, 0}, 2, {kDLFloat, bits, 1}, sizes, sizes + 2, 0};
        sizes[0] = 2; sizes[1] = 3; sizes[2] = 1; sizes[3] = step;
        return host->add_dlpack(call, t);
      }
      PRIMITIVE(columns) { return give(host, call, 32, 2); }
      PRIMITIVE(doubles) { return give(host, call, 64, 2); }
      PRIMITIVE(backwards) { return give(host, call, 32, -1); }
      PRIMITIVE(far) { return give(host, call, 32, INT64_MAX / 2); }
      PRIMITIVE(count_freed) { return host->add_integer(call, freed); }
      lunette_status lunette_plugin_open(const lunette_host *host, lunette_registry *registry) {
      #define ADD(name) if (host->add_primitive(registry, #name, name, 0)) return LUNETTE_FAILED;
        ADD(kinds) ADD(echo) ADD(silent) ADD(huge) ADD(hold) ADD(first) ADD(release) ADD(columns) ADD(doubles) ADD(backwards)
        ADD(far) ADD(count_freed)
        return LUNETTE_HAS(host, is_interrupted) && host->size == sizeof *host ? LUNETTE_OK : LUNETTE_FAILED;
      }
      """)
    try program.script(
      #"""
      local n = require("blobs").native()
      local t = lunette.tensor
      assert(n.kinds(nil, true, 1.5, "x", t{ 1 }, {}, print, lunette.image.new(t.ones{ 2, 2, 3 })) == 1234555)
      local a, b, c, d, e, f = n.echo(true, 7, 3, "a\0b")
      assert(a == false and b == -7 and c == 1.5 and d == "a\0b" and e == nil and f == true)
      local function fails(text, ...)
        local ok, message = pcall(...)
        assert(not ok and message:find(text, 1, true), message)
      end
      fails("bad argument #1 to 'echo' (boolean expected, got no value)", n.echo)
      fails("bad argument #2 to 'echo' (integer expected, got 1.5)", n.echo, true, 1.5)
      fails("bad argument #4 to 'echo' (string expected, got 3)", n.echo, true, 1, 2, 3)
      fails("silent failed and does not say why", n.silent)
      fails("out of memory", n.huge)
      -- lent: the same memory, held beyond the call and beyond Lua's own tensor
      local x = t{ 1, 2, 3 }
      n.hold(x)
      x[2] = 20
      x = nil
      collectgarbage()
      assert(n.first() == 20)
      n.release()
      -- taken over: strides as they are, writable, freed with the last view
      local y = n.columns()
      assert(y:size(1) == 2 and y:size(2) == 3 and not y:is_contiguous())
      assert((y - t{ { 0, 2, 4 }, { 1, 3, 5 } }):abs():max():item() == 0)
      y[{ 1, 1 }] = 9
      local row = y[1]
      y = nil
      collectgarbage()
      assert(row[1]:item() == 9 and n.count_freed() == 0)
      row = nil
      collectgarbage()
      collectgarbage()
      assert(n.count_freed() == 1)
      fails("float32 on the CPU expected, got a type of code 2, 64 bits", n.doubles)
      fails("strides that are not negative expected", n.backwards)
      fails("lead beyond what memory can hold", n.far)
      assert(n.count_freed() == 4, "what was refused was freed too")
      -- gradients end here, and say so
      fails("native code has no gradient", n.hold, t{ 1 }:requires_grad_())
      lunette.no_grad(function() n.hold(t{ 1 }:requires_grad_()) end)
      n.release()
      print "all right"
      """#)
    _ = try eval("1")
    let result = try run(["run", "--trust", "script.lua"], plugins: program.folder.path)
    #expect(result.output == "all right\n", "\(result.errors)")
  }

  /// The example again in C++, Swift and, where its compiler is at hand, Rust.
  @Test(arguments: ["c++", "swift", "rust"])
  func otherLanguagesDoTheSame(_ language: String) throws {
    if language == "rust", (try? shell("command -v rustc >/dev/null")) == nil { return }
    try shell("blobs/languages/build \(language) '\(Self.include)'")
    let tested = try run(["plugin", "test", "blobs", "--trust"])
    #expect(tested.output == "tests/blobs_test.lua\n1 test passed\n", "\(tested.errors)")
  }

  @Test func theHeaderIsReadByEveryLanguageOfC() throws {
    try Data("#include <lunette_plugin.h>\n".utf8).write(to: program.file("x.c"))
    for options in ["-std=c99", "-std=c17", "-x c++ -std=c++11", "-x c++ -std=c++20"] {
      try shell("cc \(options) -Wall -Wextra -Werror -pedantic -fsyntax-only -I'\(Self.include)' x.c")
    }
    // Beside the original header of DLPack, whose names these are, there is nothing twice.
    try Data(
      "#define DLPACK_DLPACK_H_\ntypedef struct { int x; } DLManagedTensorVersioned;\n#include <lunette_plugin.h>\n"
        .utf8
    ).write(to: program.file("x.c"))
    try shell("cc -fsyntax-only -I'\(Self.include)' x.c")
  }
}
