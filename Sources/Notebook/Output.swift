import Encoding

/// What a cell gave when it ran, in the order in which it came; the four kinds are Jupyter's.
public enum Output: Sendable, Equatable {
  case stream(Stream, String)
  /// `metadata` may hold a `caption`, and per MIME type a `width` and `height`.
  case display(MIMEBundle, metadata: JSON.Object = [:])
  /// The value of the cell's last expression.
  case result(MIMEBundle, metadata: JSON.Object = [:])
  case error(Failure)
  /// An output of a notebook file of no kind that is known here, kept as it is.
  case other(JSON)

  public enum Stream: String, Sendable { case stdout, stderr }

  /// A script's error: what went wrong, and the script lines that led there, innermost first.
  public struct Failure: Sendable, Equatable {
    public var name: String
    public var message: String
    public var traceback: [String]
    /// The script line that failed, from 1.
    public var line: Int?

    public init(name: String = "Error", message: String, traceback: [String] = [], line: Int? = nil) {
      self.name = name
      self.message = message
      self.traceback = traceback
      self.line = line
    }
  }
}

extension Output.Failure {
  /// The user stopped the cell, or the system did.
  public var isInterrupt: Bool { name == "interrupted" }

  /// The message and below it the traceback, as Lua's own interpreter prints them.
  public var report: String {
    guard !traceback.isEmpty, !isInterrupt else { return message }
    return message + "\nstack traceback:\n" + traceback.map { "\t\($0)" }.joined(separator: "\n")
  }
}

extension [Output] {
  /// The error that ended the cell, if one did.
  public var failure: Output.Failure? {
    for case .error(let failure) in self { return failure }
    return nil
  }

  /// Appends an output; text of the same stream joins the text before it.
  public mutating func add(_ output: Output) {
    guard case .stream(let stream, let text) = output, case .stream(stream, var before)? = last else {
      return append(output)
    }
    // Taken out for as long as it grows: a copy of all that was printed for each line would be quadratic.
    removeLast()
    before += text
    append(.stream(stream, before))
  }
}
