/// What commands of TeX stand for.
enum MathSymbols {
  /// Written upright or slanted as letters are.
  static let letters: [String: String] = [
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ", "infty": "∞", "emptyset": "∅",
    "varnothing": "∅",
    "partial": "∂", "nabla": "∇", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ",
  ]

  static let operators: [String: String] = [
    "cdot": "⋅", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "ast": "∗", "star": "⋆", "circ": "∘",
    "odot": "⊙", "otimes": "⊗", "oplus": "⊕", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠",
    "approx": "≈", "equiv": "≡", "sim": "∼", "propto": "∝", "ll": "≪", "gg": "≫", "in": "∈", "notin": "∉",
    "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩", "setminus": "∖", "to": "→", "rightarrow": "→",
    "leftarrow": "←", "mapsto": "↦", "Rightarrow": "⇒", "Leftrightarrow": "⇔", "forall": "∀", "exists": "∃",
    "neg": "¬", "land": "∧", "lor": "∨", "mid": "∣", "|": "‖", "Vert": "‖", "lVert": "‖", "rVert": "‖",
    "vert": "|", "lvert": "|", "rvert": "|", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋",
    "lceil": "⌈", "rceil": "⌉", "{": "{", "}": "}", "%": "%", "$": "$", "#": "#", "&": "&", "_": "_",
    "ldots": "…", "dots": "…", "cdots": "⋯", "vdots": "⋮", "top": "⊤", "bot": "⊥", "perp": "⊥", "prime": "′",
    "colon": ":",
  ]

  /// Large ones, whose limits stand above and below.
  static let sums: [String: String] = [
    "sum": "∑", "prod": "∏", "int": "∫", "bigcup": "⋃", "bigcap": "⋂",
  ]

  /// Upright words; those that take what stands below them as a limit.
  static let functions: Set<String> = [
    "log", "ln", "exp", "sin", "cos", "tan", "tanh", "det", "dim", "ker", "deg", "Pr", "arg",
  ]
  static let limits: Set<String> = ["max", "min", "sup", "inf", "lim", "argmax", "argmin"]

  static let accents: [String: String] = [
    "hat": "^", "widehat": "^", "bar": "‾", "overline": "‾", "tilde": "~", "widetilde": "~", "vec": "→",
    "dot": "˙", "ddot": "¨",
  ]

  static let spaces: [String: String] = [
    ",": "0.17em", ":": "0.22em", ";": "0.28em", " ": "0.25em", "quad": "1em", "qquad": "2em", "!": "-0.17em",
  ]

  /// How letters look, as the attribute `mathvariant` of MathML names it where Unicode has no letters of its own.
  static let fonts: [String: MathFont] = [
    "mathbf": .bold, "boldsymbol": .bold, "bm": .bold, "mathrm": .upright, "operatorname": .upright,
    "mathbb": .doubleStruck, "mathcal": .script, "mathscr": .script, "mathit": .italic,
  ]
}

enum MathFont {
  case upright, italic, bold, doubleStruck, script

  /// The letter in this font, which for MathML is a character of its own.
  func letter(_ scalar: Unicode.Scalar) -> String {
    if let exception = exceptions[scalar] { return exception }
    guard scalar.isASCII else { return String(Character(scalar)) }
    let starts: (upper: UInt32, lower: UInt32, digit: UInt32)
    switch self {
    case .upright, .italic: return String(Character(scalar))
    case .bold: starts = (0x1D400, 0x1D41A, 0x1D7CE)
    case .doubleStruck: starts = (0x1D538, 0x1D552, 0x1D7D8)
    case .script: starts = (0x1D49C, 0x1D4B6, 0x30)
    }
    let code: UInt32
    switch scalar {
    case "A"..."Z": code = starts.upper + scalar.value - 0x41
    case "a"..."z": code = starts.lower + scalar.value - 0x61
    case "0"..."9": code = starts.digit + scalar.value - 0x30
    default: code = scalar.value
    }
    return Unicode.Scalar(code).map { String(Character($0)) } ?? String(Character(scalar))
  }

  /// Letters that Unicode had before it had alphabets.
  private var exceptions: [Unicode.Scalar: String] {
    switch self {
    case .doubleStruck: ["C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"]
    case .script:
      [
        "B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ", "e": "ℯ", "g": "ℊ",
        "o": "ℴ",
      ]
    case .upright, .italic, .bold: [:]
    }
  }
}
