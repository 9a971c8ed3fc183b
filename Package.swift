// swift-tools-version: 6.1
import PackageDescription

// Kernels are written in C for run-time CPU dispatch; without -O3 a debug build would run them 25 times slower.
let optimizedC: [CSetting] = [.unsafeFlags(["-O3"])]

/// A target in C: they lie together, since nobody who looks for a feature starts there.
func c(
  _ name: String, dependencies: [Target.Dependency] = [], cSettings: [CSetting]? = optimizedC,
  links libraries: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/C/\(name)", cSettings: cSettings,
    linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// A library of the system: a module map. Those without pkgConfig are linked statically, as their module maps say: each
/// library more that the loader has to find costs every start half a millisecond.
func library(_ name: String, pkgConfig: String? = nil, apt package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

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
    library("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    library("CPNG", apt: "libpng-dev"),
    library("CJPEG", apt: "libjpeg-dev"),
    library("CSQLite", apt: "libsqlite3-dev"),
    library("CZlib", apt: "zlib1g-dev"),
    library("CYAML", apt: "libyaml-dev"),
    library("CLua54", pkgConfig: "lua5.4", apt: "liblua5.4-dev"),
    c("COneDNN", links: ["dnnl"]),
    c("CKernels", links: ["gomp"]),
    c("CImaging", dependencies: ["CPNG", "CJPEG"], links: [":libjpeg.a", ":libpng16.a", ":libz.a"]),
    c("CConfinement"),
    c("CPlatform"),
    c("CNativePlugin", cSettings: nil),
    c("CLuaBridge", dependencies: ["CLua54"]),
    c("CZeroMQ"),
    c("CMarkdown"),
    c("CTorch"),
    c("CStart", cSettings: nil),

    // The floors, from the ground up: a target stands on those above it in this list.
    .target(name: "Platform", dependencies: ["CPlatform"]),
    .target(name: "Encoding"),
    .target(name: "Statistics"),
    .target(
      name: "Tensor",
      dependencies: [
        "Platform", "COpenBLAS", .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])), "CKernels",
        "CTorch",
      ]),
    .target(name: "Neural", dependencies: ["Tensor", "Encoding", "Platform"]),
    .target(name: "Weights", dependencies: ["Neural", "Tensor", "Encoding", "Platform", "CKernels"]),
    .target(
      name: "Imaging", dependencies: ["Tensor", "Statistics", "Encoding", "Platform", "CImaging", "CZlib"]),
    .target(name: "Models", dependencies: ["Weights", "Neural", "Tensor", "Encoding", "Platform"]),
    .target(name: "Sampling", dependencies: ["Models", "Tensor", "Statistics", "Encoding"]),
    .target(
      name: "Families", dependencies: ["Sampling", "Models", "Weights", "Neural", "Tensor", "Encoding"]),
    .target(name: "Sweeps", dependencies: ["Platform", "Encoding", "CSQLite"]),
    .target(name: "LuaSyntax", dependencies: ["Encoding"]),
    .target(name: "Lua", dependencies: ["CLuaBridge", "CLua54"]),
    .target(name: "Notebook", dependencies: ["LuaSyntax", "Encoding", "CYAML", "CMarkdown"]),
    .target(name: "PluginPackages", dependencies: ["Lua", "Encoding", "Platform", "CZlib", "CConfinement"]),
    .target(
      name: "Scripting",
      dependencies: [
        "PluginPackages", "Notebook", "Lua", "LuaSyntax", "Sweeps", "Families", "Sampling", "Models",
        "Imaging", "Weights",
        "Neural", "Tensor", "Statistics", "Encoding", "Platform", "CNativePlugin",
      ]),
    .target(
      name: "Runs",
      dependencies: [
        "Scripting", "Notebook", "Lua", "Tensor", "Encoding", "Platform", "CPNG", "COpenBLAS", "CLua54",
        "CConfinement",
      ]),
    .target(
      name: "JupyterKernel",
      dependencies: [
        "Runs", "Scripting", "Notebook", "Imaging", "Encoding", "Platform", "CZeroMQ", "CSQLite",
      ]),
    .target(
      name: "Prompt",
      dependencies: ["Runs", "Scripting", "Notebook", "Imaging", "Encoding", "Platform", "CPlatform"]),
    .executableTarget(
      name: "lunette",
      dependencies: [
        "Prompt", "JupyterKernel", "Runs", "Scripting", "Sweeps", "PluginPackages", "Notebook", "Lua",
        "Families", "Imaging", "Tensor", "Encoding", "Platform", "CStart",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "bench-ops", dependencies: ["Tensor"], path: "Scripts/dev/bench-ops", exclude: ["run", "peer.py"]),
    .executableTarget(
      name: "fuzz-readers",
      dependencies: [
        "PluginPackages", "Notebook", "LuaSyntax", "Models", "Imaging", "Weights", "Tensor", "Encoding",
        "Platform",
      ],
      path: "Scripts/dev/fuzz-readers"),

    .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
    .testTarget(name: "EncodingTests", dependencies: ["Encoding"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Goldens"]),
    .testTarget(
      name: "TensorTests", dependencies: ["Tensor", "Platform", "COpenBLAS", "CKernels"], exclude: ["Goldens"]
    ),
    .testTarget(
      name: "NeuralTests", dependencies: ["Weights", "Neural", "Tensor", "Encoding"], exclude: ["Goldens"]),
    .testTarget(
      name: "ImagingTests", dependencies: ["Imaging", "Tensor", "Platform"], exclude: ["Goldens"]),
    .testTarget(
      name: "DiffusionTests",
      dependencies: ["Families", "Sampling", "Models", "Weights", "Neural", "Tensor", "Encoding"],
      exclude: ["Goldens"]),
    .testTarget(name: "SweepsTests", dependencies: ["Sweeps", "Encoding", "Platform"]),
    .testTarget(name: "LuaTests", dependencies: ["Lua"]),
    .testTarget(name: "LuaSyntaxTests", dependencies: ["LuaSyntax"]),
    .testTarget(name: "NotebookTests", dependencies: ["Notebook", "Encoding"]),
    .testTarget(name: "PluginPackagesTests", dependencies: ["PluginPackages"]),
    .testTarget(
      name: "ScriptingTests",
      dependencies: ["Scripting", "Notebook", "Lua", "Imaging", "Tensor", "Platform"],
      exclude: ["Goldens"]),
    .testTarget(name: "FuzzedReaderTests", dependencies: ["fuzz-readers"], exclude: ["Seeds", "Findings"]),
    .testTarget(name: "RunsTests", dependencies: ["Runs", "Notebook", "Encoding"]),
    .testTarget(name: "PromptTests", dependencies: ["Prompt", "Imaging", "Tensor"]),
    .testTarget(name: "JupyterKernelTests", dependencies: ["JupyterKernel", "Encoding"]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["lunette", "JupyterKernel", "PluginPackages", "Encoding", "CConfinement"]),
  ]
)
