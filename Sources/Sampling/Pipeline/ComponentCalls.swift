import Models
import Tensor

/// What accompanies the call of one component, outside a run.
extension Pipeline {
  /// For one text, in so many chunks.
  func textContext(_ hooks: [Hook], chunks: Int = 1) throws -> RunContext {
    if !hooks.isEmpty {
      try siteCheck(textEncoder.sites(), "encode calls the text encoder alone").check(hooks)
    }
    let context = RunContext(
      rows: (0..<chunks).map { Row(sample: 0, isConditional: true, chunk: $0) }, hooks: hooks)
    context.input = .prompt
    return context
  }

  /// For one picture, or its latents.
  func codecContext(
    _ hooks: [Hook], _ sites: (() throws -> SiteList)?, input: Site.Input, _ reason: String
  ) throws -> RunContext {
    if !hooks.isEmpty { try siteCheck(sites?() ?? SiteList(), reason).check(hooks) }
    let context = RunContext(rows: [Row(sample: 0, isConditional: true)], hooks: hooks)
    context.input = input
    return context
  }

  /// A check against the sites of one component.
  ///
  /// - Parameter reason: why those of the others are not called
  func siteCheck(_ sites: SiteList, _ reason: String) -> SiteCheck {
    var check = SiteCheck()
    check.add(sites)
    check.leaveOut(unet.sites, because: reason)
    check.leaveOut(textEncoder.sites, because: reason)
    if let codec {
      check.leaveOut(codec.encoderSites, because: reason)
      check.leaveOut(codec.decoderSites, because: reason)
    }
    return check
  }

  /// All sites of the model, in the order in which a run calls its components.
  public func sites() throws -> SiteList {
    var sites = textEncoder.sites()
    sites.add(unet.sites())
    if let codec {
      sites.add(try codec.encoderSites())
      sites.add(try codec.decoderSites())
    }
    return sites
  }
}
