import Models
import Tensor

/// How errors of the floors below are said to those who write Lua: settings by the names of their options, and after what was
/// wrong, what can be done about it in Lua.
enum Wording {
  static func text(of error: any Error) -> String {
    switch error {
    case let error as PipelineError:
      text(of: error.complaint) + (error.cause.map(advice) ?? "")
    case let error as TensorError:
      error.message + (error.cause.map(advice) ?? "")
    default: "\(error)"
    }
  }

  static func text(of complaint: Complaint) -> String { complaint.text(\.optionName) }

  private static func advice(_ cause: PipelineError.Cause) -> String {
    switch cause {
    case .tracedWithoutUnconditional: ": ask for them with trace = { uncond = true }"
    case .tracedInSum: ": ask for each with trace = { steps = \"each\" }"
    case .tracedWithoutSelfAttention: ": ask for it with trace = { self = true }"
    case .tracedWithoutCrossAttention: ": ask for it with trace = { cross = true }"
    case .recordedOneHalf(let isConditional):
      ": rows = \"\(isConditional ? "cond" : "uncond")\" patches the other half alone"
    case .notDecoded: ": the VAE decodes when a picture is first looked at (out.image)"
    case .tokenTaken: ", { path = …, token = … }"
    }
  }

  private static func advice(_ cause: TensorError.Cause) -> String {
    switch cause {
    case .notRecorded:
      "; mark it with requires_grad_ before it is used, use it outside no_grad, "
        + "and give model:generate its grad_steps"
    case .tapeSpent: " with { retain_graph = true }"
    case .losesGradient: "; cat, stack and where join tensors"
    }
  }
}

extension Setting {
  /// What the options of bound functions call it.
  var optionName: String {
    switch self {
    case .unconditional: "uncond"
    case .unconditionalPooled: "uncond_pooled"
    case .gradientSteps: "grad_steps"
    case .tileSize: "vae_tile"
    default: rawValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
  }
}
