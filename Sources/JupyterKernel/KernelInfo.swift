import Encoding
import Scripting

/// What the kernel says of itself.
enum KernelInfo {
  static let protocolVersion = "5.4"

  static var content: JSON {
    [
      "banner": .string(
        "Lunette \(Installation.version): looks inside text-to-image diffusion models, with Lua"),
      "debugger": false, "help_links": [], "implementation": "lunette",
      "implementation_version": .string(Installation.version),
      "language_info": [
        "codemirror_mode": "lua", "file_extension": ".lua", "mimetype": "text/x-lua", "name": "lua",
        "pygments_lexer": "lua", "version": "5.4",
      ],
      "protocol_version": .string(protocolVersion), "status": "ok", "supported_features": [],
    ]
  }
}
