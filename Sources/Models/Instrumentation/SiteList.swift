/// The sites of a component: each is visited whenever the component is called.
public struct SiteList {
  public private(set) var names: [String] = []
  /// The attention layers among them.
  public private(set) var attention: [AttentionSite] = []

  public init() {}

  public mutating func add(_ name: String) { names.append(name) }

  public mutating func add(_ site: AttentionSite) {
    attention.append(site)
    names += site.names
  }

  public mutating func add(_ other: SiteList) {
    names += other.names
    attention += other.attention
  }
}
