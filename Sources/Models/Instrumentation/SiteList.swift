/// The sites of a component: each is visited whenever the component is called.
public struct SiteList {
  public private(set) var sites: [SiteInfo] = []
  /// The attention layers among them.
  public private(set) var attention: [AttentionSite] = []

  public init() {}

  public var names: [String] { sites.map(\.name) }

  /// - Parameter kind: what is seen there
  public mutating func add(
    _ name: String, _ kind: SiteInfo.Kind, _ layout: SiteInfo.Layout, width: Int? = nil, heads: Int? = nil
  ) {
    sites.append(SiteInfo(name: name, kind: kind, layout: layout, width: width, heads: heads))
  }

  /// A map that leaves a module, {rows, width, H, W}.
  public mutating func add(map name: String, width: Int? = nil, _ kind: SiteInfo.Kind = .output) {
    add(name, kind, .map, width: width)
  }

  /// - Parameters:
  ///   - width: of queries, keys and values, all heads together
  ///   - output: width of what the layer gives
  public mutating func add(
    _ site: AttentionSite, heads: Int? = nil, width: Int? = nil, output: Int? = nil
  ) {
    attention.append(site)
    let (queries, keys) = site.extents
    let each = heads.flatMap { heads in width.map { $0 / heads } }
    add(site.query, .query, .sequence(queries), width: width, heads: heads)
    add(site.key, .key, .sequence(keys), width: width, heads: heads)
    add(site.value, .value, .sequence(keys), width: width, heads: heads)
    add(site.probabilities, .probabilities, .probabilities(queries, keys), heads: heads)
    add(site.headOutput, .headOutput, .heads(queries), width: each, heads: heads)
    add(site.output, .attentionOutput, .sequence(queries), width: output ?? width)
  }

  public mutating func add(_ other: SiteList) {
    sites += other.sites
    attention += other.attention
  }
}

/// What is seen at a site.
public struct SiteInfo: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    /// What leaves a block or a layer, its residual included.
    case output
    case query, key, value
    case probabilities
    /// Probabilities times values, of each head by itself, before the output projection (`z`).
    case headOutput = "head output"
    /// After the output projection, before the residual is added.
    case attentionOutput = "attention output"
    /// After the activation of a feed-forward layer.
    case hidden
    /// What a feed-forward layer adds to its residual.
    case feedForward = "feed-forward"
    case norm
    case projection
    case embedding
    case timeEmbedding = "time embedding"
    /// What a whole model gives.
    case prediction
  }

  /// What the places of a sequence are.
  public enum Extent: String, Sendable {
    case positions = "H·W"
    case tokens
  }

  /// The dimensions of the value, as hooks see it.
  public enum Layout: Sendable, Hashable {
    /// {rows, channels, H, W}
    case map
    /// {rows, places, width}
    case sequence(Extent)
    /// {rows, heads, places, width of a head}
    case heads(Extent)
    /// {rows, heads, places, places attended to}
    case probabilities(Extent, Extent)
    /// {1, width}: one for all rows
    case shared
  }

  public let name: String
  public let kind: Kind
  public let layout: Layout
  /// Of the last dimension, or the channels of a map; nil where the run decides.
  public let width: Int?
  /// In attention.
  public let heads: Int?

  public init(name: String, kind: Kind, layout: Layout, width: Int? = nil, heads: Int? = nil) {
    self.name = name
    self.kind = kind
    self.layout = layout
    self.width = width
    self.heads = heads
  }

  /// The shape in words: `{rows, heads, H·W, tokens}`.
  public var shape: String {
    switch layout {
    case .map: "{rows, channels, H, W}"
    case .sequence(let places): "{rows, \(places.rawValue), width}"
    case .heads(let places): "{rows, heads, \(places.rawValue), width}"
    case .probabilities(let places, let keys): "{rows, heads, \(places.rawValue), \(keys.rawValue)}"
    case .shared: "{1, width}"
    }
  }

  /// Whether it is called in every step of a run, as the noise predictor is.
  var isInLoop: Bool { !name.hasPrefix("text_encoder") && !name.hasPrefix("vae.") }

  /// Whether heads can be told apart: they are a dimension, or follow one another in the width.
  public var separatesHeads: Bool {
    switch kind {
    case .query, .key, .value, .probabilities, .headOutput: true
    default: false
    }
  }

  /// The dimension of one row's value in which tokens stand; nil if it has none. Of probabilities it is that of the tokens
  /// attended to.
  var tokenDimension: Int? {
    switch layout {
    case .sequence(.tokens): 0
    case .heads(.tokens): 1
    case .probabilities(_, .tokens): 2
    default: nil
    }
  }

  /// Number of dimensions of one row's value.
  public var rowRank: Int {
    switch layout {
    case .map, .heads, .probabilities: 3
    case .sequence: 2
    case .shared: 1
    }
  }

  /// The dimensions of one row's value over which a mean over positions goes.
  public var positionDimensions: [Int] {
    switch layout {
    case .map: [1, 2]
    case .sequence: [0]
    case .heads, .probabilities: [1]
    case .shared: []
    }
  }
}
