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
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/C/COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CPNG", path: "Sources/C/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/C/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CLua54", path: "Sources/C/CLua54", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .target(
      name: "COneDNN", path: "Sources/C/COneDNN", cSettings: optimizedC,
      linkerSettings: [.linkedLibrary("dnnl")]),
    .target(
      name: "CKernels", path: "Sources/C/CKernels", cSettings: optimizedC,
      linkerSettings: [.linkedLibrary("gomp")]),
    .target(name: "CImaging", dependencies: ["CPNG"], path: "Sources/C/CImaging", cSettings: optimizedC),
    .target(name: "CConfinement", path: "Sources/C/CConfinement", cSettings: optimizedC),
    .target(name: "CNativePlugin", path: "Sources/C/CNativePlugin"),
    .target(
      name: "CLuaBridge", dependencies: ["CLua54"], path: "Sources/C/CLuaBridge", cSettings: optimizedC),

    .target(
      name: "Tensor",
      dependencies: [
        "COpenBLAS", .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])), "CKernels",
      ]),
    .target(name: "Encoding"),
    .target(name: "Statistics"),
    .target(name: "Neural", dependencies: ["Tensor", "Encoding"]),
    .target(name: "Weights", dependencies: ["Neural", "Tensor", "Encoding", "CKernels"]),
    .target(name: "Imaging", dependencies: ["Tensor", "CImaging"]),
    .target(name: "Models", dependencies: ["Weights", "Neural", "Tensor", "Encoding"]),
    .target(name: "Sampling", dependencies: ["Models", "Tensor", "Encoding"]),
    .target(
      name: "Families", dependencies: ["Sampling", "Models", "Weights", "Neural", "Tensor", "Encoding"]),
    .target(name: "Lua", dependencies: ["CLuaBridge", "CLua54"]),
    .target(name: "LuaSyntax", dependencies: ["Encoding"]),
    .target(name: "Notebook", dependencies: ["LuaSyntax", "Encoding"]),
    .target(name: "PluginPackages", dependencies: ["Lua", "Encoding", "CKernels", "CZlib"]),
    .target(
      name: "Scripting",
      dependencies: [
        "Lua", "LuaSyntax", "PluginPackages", "Notebook", "Families", "Sampling", "Models", "Weights",
        "Imaging", "Neural",
        "Tensor", "Encoding", "Statistics",
        "CKernels", "CNativePlugin",
      ]),
    .target(name: "CZeroMQ", path: "Sources/C/CZeroMQ", cSettings: optimizedC),
    .target(
      name: "JupyterKernel",
      dependencies: ["Scripting", "Notebook", "Imaging", "Encoding", "CZeroMQ", "CSQLite", "CKernels"]),
    .target(name: "Prompt", dependencies: ["Imaging", "Encoding"]),
    .executableTarget(
      name: "lunette",
      dependencies: [
        "Scripting", "PluginPackages", "JupyterKernel", "Prompt", "Notebook", "Families", "Sampling",
        "Models",
        "Weights", "Neural", "Imaging",
        "Tensor",
        "Encoding", "CKernels", "CConfinement", "COpenBLAS", "CPNG", "CLua54",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "bench-ops", dependencies: ["Tensor"], path: "Scripts/dev/bench-ops", exclude: ["run", "peer.py"]),
    .executableTarget(
      name: "fuzz-readers",
      dependencies: [
        "PluginPackages", "Neural", "LuaSyntax", "Imaging", "Families", "Sampling", "Models", "Weights",
        "Notebook", "Tensor",
      ],
      path: "Scripts/dev/fuzz-readers"),

    .testTarget(name: "EncodingTests", dependencies: ["Encoding"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Goldens"]),
    .testTarget(name: "TensorTests", dependencies: ["Tensor"], exclude: ["Goldens"]),
    .testTarget(
      name: "NeuralTests", dependencies: ["Weights", "Neural", "Encoding", "Tensor"], exclude: ["Goldens"]),
    .testTarget(name: "ImagingTests", dependencies: ["Imaging"], exclude: ["Goldens"]),
    .testTarget(
      name: "DiffusionTests",
      dependencies: ["Families", "Sampling", "Models", "Weights", "Neural", "Tensor", "Encoding"],
      exclude: ["Goldens"]),
    .testTarget(name: "LuaTests", dependencies: ["Lua"]),
    .testTarget(name: "LuaSyntaxTests", dependencies: ["LuaSyntax"]),
    .testTarget(name: "NotebookTests", dependencies: ["Notebook", "Encoding"]),
    .testTarget(name: "ScriptingTests", dependencies: ["Scripting", "PluginPackages"]),
    .testTarget(name: "PluginPackagesTests", dependencies: ["PluginPackages"]),
    .testTarget(name: "FuzzedReaderTests", dependencies: ["fuzz-readers"], exclude: ["Seeds", "Findings"]),
    .testTarget(name: "PromptTests", dependencies: ["Prompt", "Imaging", "Tensor"]),
    .testTarget(name: "JupyterKernelTests", dependencies: ["JupyterKernel", "Encoding"]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["lunette", "PluginPackages", "CConfinement", "JupyterKernel", "Encoding"]),
  ]
)
