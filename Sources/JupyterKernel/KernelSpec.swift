import Encoding
import Imaging
import Notebook
import Platform
import Scripting

/// What tells Jupyter of the kernel: a folder with `kernel.json` and the logo.
public enum KernelSpec {
  /// The files of the folder by name, for a program at `path`.
  public static func files(program path: String) throws -> [(name: String, bytes: [UInt8])] {
    // A build is replaced and thrown away; what Jupyter starts has to stay.
    guard !path.contains("/.build/") else {
      throw KernelError(
        "\(path) is a build; install Lunette first (Scripts/install), then run its lunette kernel install")
    }
    let json: JSON = [
      "argv": [.string(path), "kernel", "run", "--connection-file", "{connection_file}"],
      "display_name": "Lunette", "interrupt_mode": "message", "language": "lua",
      "metadata": ["debugger": false],
    ]
    var files = [
      ("kernel.json", Array((json.text(indent: 1) + "\n").utf8)), ("logo-svg.svg", Array(Report.icon.utf8)),
    ]
    // Without librsvg the drawn logos are left out; Jupyter then takes the SVG one.
    for size in [32, 64] {
      guard let image = try? Image(svg: Report.icon, scale: Double(size) / 32) else { continue }
      files.append(("logo-\(size)x\(size).png", try image.pngData()))
    }
    return files
  }

  /// Where Jupyter looks for a user's kernels, or for those under a prefix.
  public static func folder(prefix: String?) throws -> String {
    if let prefix { return "\(prefix)/share/jupyter/kernels/lunette" }
    if let data = Environment["JUPYTER_DATA_DIR"] { return data + "/kernels/lunette" }
    guard let data = Environment.dataFolder else {
      throw KernelError("neither HOME nor JUPYTER_DATA_DIR says where Jupyter's kernels are")
    }
    return data + "/jupyter/kernels/lunette"
  }
}
