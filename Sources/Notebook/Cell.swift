import Encoding

public struct Cell: Sendable, Equatable {
  public enum Kind: String, Sendable { case code, markdown, raw }

  /// Unique in its document: 1 to 64 of `A-Z a-z 0-9 - _`, as notebook files want it.
  public var id: String
  public var kind: Kind
  /// Without the comment signs that a script puts before prose, and without trailing line break.
  public var source: String
  /// Everything else that the file says about the cell; `title` and `tags` are read from here.
  public var metadata: JSON.Object
  /// The images that a notebook file keeps beside a prose cell.
  public var attachments: JSON?
  /// The type that a notebook file gives a cell of no kind that is known here; it is kept as a raw one.
  var typeName: String?
  /// What else a notebook file says, for the way back.
  var otherMembers: JSON.Object = [:]
  /// Whether the id stands in the file: formats before 4.5 have none.
  var hasOwnID = false
  public var outputs: [Output] = []
  public var executionCount: Int?
  /// How long the last run took.
  public var seconds: Double?
  /// The line of the script, counted from 1, on which `source` begins; tracebacks name script lines.
  public var firstLine: Int
  /// How the script wrote this cell: written again as it was for as long as it still says the same.
  var layout = Layout()

  struct Layout: Sendable, Equatable {
    /// The marker line; empty for text before the first marker.
    var marker: String?
    /// The lines under the marker with their comment signs and the blank lines around them.
    var body: String?
  }

  public init(
    id: String = "", kind: Kind = .code, source: String, metadata: JSON.Object = [:], firstLine: Int = 1
  ) {
    self.id = id
    self.kind = kind
    self.source = source
    self.metadata = metadata
    self.firstLine = firstLine
  }

  public var title: String? {
    get { metadata["title"]?.string }
    set { metadata["title"] = newValue.map(JSON.string) }
  }

  public var tags: [String] {
    get { metadata["tags"]?.array?.compactMap(\.string) ?? [] }
    set { metadata["tags"] = newValue.isEmpty ? nil : .array(newValue.map(JSON.string)) }
  }

  /// The cell whose variables `--set` overrides, by papermill's convention.
  public var isParameters: Bool { tags.contains("parameters") }
}
