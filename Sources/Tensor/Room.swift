import CKernels
import Platform

/// Room for what is not a tensor.
///
/// Swift's own arrays and texts end the process where there is no memory for them. A view can stand for a thousand million
/// elements and take none, so that whoever makes an array of what scripts give asks here first.
public enum Room {
  /// - Parameters:
  ///   - bytes: what each of the `count` elements takes, over all copies that are made of it.
  ///   - purpose: what the error calls them, such as "a list of 3000000000 numbers".
  /// - Throws: `TensorError` where there is not that much.
  public static func check(_ count: Int, bytes: Int, for purpose: @autoclosure () -> String) throws {
    let (total, overflow) = count.multipliedReportingOverflow(by: bytes)
    if !overflow, total < 1 << 20 { return }
    guard !overflow, total >= 0, total <= Machine.memory, ck_has_room(total) else {
      throw TensorError("out of memory: no room for \(purpose())")
    }
  }
}
