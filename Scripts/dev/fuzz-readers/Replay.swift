// Without libFuzzer: reads the files that are named and says what happened.
#if !Fuzzing
  import Glibc
  import Platform

  @main
  enum Replay {
    static func main() {
      let arguments = CommandLine.arguments.dropFirst()
      guard let reader = arguments.first.flatMap(Reader.init) else {
        print("fuzz-readers READER FILE…: \(Reader.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(2)
      }
      var failures = 0
      for path in arguments.dropFirst() {
        do {
          try reader.check(FileBytes.read(path))
        } catch {
          print("\(path): \(error)")
          failures += 1
        }
      }
      exit(failures == 0 ? 0 : 1)
    }
  }
#endif
