import Encoding

/// Pages and frames for what a stranger may have made: no scripts, nothing from elsewhere, no way out.
public enum SandboxedHTML {
  private static let policy =
    "default-src 'none'; img-src data:; font-src data:; media-src data:; style-src 'unsafe-inline'; "
    + "base-uri 'none'; form-action 'none'"

  /// A frame within a page. Its sandbox allows nothing: no scripts, no forms, no refresh, no way to the page around it.
  static func frame(_ html: String) -> String {
    let inner =
      "<!DOCTYPE html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">"
      + "<meta name=\"referrer\" content=\"no-referrer\">\(html)"
    return
      "<iframe sandbox=\"\" referrerpolicy=\"no-referrer\" loading=\"lazy\" srcdoc=\"\(escapedHTML(inner))\"></iframe>"
  }

  /// A file of its own.
  public static func page(_ html: String) -> String {
    document(InertMarkup.isTable(html) ? html : frame(html))
  }

  /// A drawing that may do more than draw, as a picture in a page, where it cannot.
  static func page(svg: String) -> String { document("<img alt=\"\" src=\"\(picture(svg))\">") }

  static func picture(_ svg: String) -> String {
    "data:image/svg+xml;base64,\(Base64.encode(Array(svg.utf8)))"
  }

  private static func document(_ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="\(policy)">
    <meta name="color-scheme" content="light dark">
    <style>html, body { height: 100%; margin: 0 } iframe { width: 100%; height: 100%; border: 0 } \
    table { border-collapse: collapse; margin: 1em; font: 14px sans-serif } th, td { padding: .3em 1em .3em 0; text-align: left }</style>
    </head>
    <body>
    \(body)
    </body>
    </html>

    """
  }
}
