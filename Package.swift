// swift-tools-version: 6.1
import PackageDescription

// Kernels are written in C for run-time CPU dispatch; without -O3 a debug build would run them 25 times slower.
let optimizedC: [CSetting] = [.unsafeFlags(["-O3"])]

let package = Package(
  name: "Lunette",
  products: [.executable(name: "lunette", targets: ["lunette"])],
  traits: [
    .trait(name: "OneDNN", description: "Fast products and convolutions; without it OpenBLAS does them."),
    .trait(
      name: "Fuzzing", description: "Gives fuzz-readers libFuzzer's entry; Scripts/dev/fuzz builds with it."),
    .default(enabledTraits: ["OneDNN"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLua54", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .target(name: "COneDNN", cSettings: optimizedC, linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "CKernels", cSettings: optimizedC, linkerSettings: [.linkedLibrary("gomp")]),
    .target(name: "CImaging", dependencies: ["CPNG", "CJPEG"], cSettings: optimizedC),
    .target(name: "CConfinement", cSettings: optimizedC),
    .target(name: "CNativePlugin"),
    .target(name: "CPlatform", cSettings: optimizedC),
    .target(name: "CLuaBridge", dependencies: ["CLua54"], cSettings: optimizedC),

    .target(name: "Platform", dependencies: ["CPlatform"]),
    .target(
      name: "Tensor",
      dependencies: [
        "Platform", "COpenBLAS", .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])), "CKernels",
      ]),
    .target(name: "Encoding"),
    .target(name: "Statistics"),
    .target(name: "Neural", dependencies: ["Tensor", "Encoding", "Platform"]),
    .target(name: "Imaging", dependencies: ["Tensor", "CImaging", "Platform"]),
    .target(name: "Diffusion", dependencies: ["Neural", "Imaging", "Tensor", "Encoding", "Platform"]),
    .target(name: "Lua", dependencies: ["CLuaBridge", "CLua54"]),
    .target(name: "Notebook", dependencies: ["Encoding", "CYAML"]),
    .target(name: "Plugins", dependencies: ["Lua", "Encoding", "Platform", "CZlib"]),
    .target(
      name: "Scripting",
      dependencies: [
        "Lua", "Plugins", "Notebook", "Diffusion", "Imaging", "Neural", "Tensor", "Encoding", "Statistics",
        "Platform", "CNativePlugin",
      ]),
    .target(name: "CZeroMQ", cSettings: optimizedC),
    .target(
      name: "JupyterKernel",
      dependencies: ["Scripting", "Notebook", "Imaging", "Encoding", "Platform", "CZeroMQ", "CSQLite"]),
    .target(name: "Prompt", dependencies: ["Imaging", "Encoding", "Platform", "CPlatform"]),
    .executableTarget(
      name: "lunette",
      dependencies: [
        "Scripting", "Lua", "Plugins", "JupyterKernel", "Prompt", "Notebook", "Diffusion", "Neural",
        "Imaging",
        "Tensor",
        "Encoding", "Platform", "CKernels", "CConfinement", "COpenBLAS", "CPNG", "CLua54",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "bench-ops", dependencies: ["Tensor"], path: "Scripts/dev/bench-ops", exclude: ["run", "peer.py"]),
    .executableTarget(
      name: "fuzz-readers",
      dependencies: ["Plugins", "Neural", "Imaging", "Diffusion", "Notebook", "Tensor", "Platform"],
      path: "Scripts/dev/fuzz-readers"),

    .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
    .testTarget(name: "EncodingTests", dependencies: ["Encoding"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Goldens"]),
    .testTarget(name: "TensorTests", dependencies: ["Tensor", "Platform"], exclude: ["Goldens"]),
    .testTarget(name: "NeuralTests", dependencies: ["Neural", "Encoding", "Tensor"], exclude: ["Goldens"]),
    .testTarget(name: "ImagingTests", dependencies: ["Imaging"], exclude: ["Goldens"]),
    .testTarget(
      name: "DiffusionTests", dependencies: ["Diffusion", "Neural", "Tensor", "Encoding"],
      exclude: ["Goldens"]),
    .testTarget(name: "LuaTests", dependencies: ["Lua"]),
    .testTarget(name: "NotebookTests", dependencies: ["Notebook", "Encoding"], exclude: ["Goldens"]),
    .testTarget(name: "ScriptingTests", dependencies: ["Scripting", "Plugins"], exclude: ["Goldens"]),
    .testTarget(name: "PluginsTests", dependencies: ["Plugins"]),
    .testTarget(name: "FuzzedReaderTests", dependencies: ["fuzz-readers"], exclude: ["Seeds", "Findings"]),
    .testTarget(name: "PromptTests", dependencies: ["Prompt", "Imaging", "Tensor"]),
    .testTarget(name: "JupyterKernelTests", dependencies: ["JupyterKernel", "Encoding"]),
    .testTarget(
      name: "CommandTests", dependencies: ["lunette", "Plugins", "CConfinement", "JupyterKernel", "Encoding"]),
  ]
)
