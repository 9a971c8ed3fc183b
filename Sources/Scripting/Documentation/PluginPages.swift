import PluginPackages

/// Pages of the reference that plugins bring along, `help/*.md`, in the form of Docs/lua.
extension Session {
  /// The reference, with the pages of the plugins that were loaded and of the one that `name` begins with. Reading a page runs
  /// nothing.
  public func documentation(for name: String = "") -> Documentation {
    let installed = Documentation.installed
    let pages = (plugins?.pluginsWithHelp(naming: name) ?? []).flatMap { plugin in
      Documentation(folder: plugin.folder + "/help").pages.map { page in
        DocumentationPage(name: page.name == plugin.name ? page.name : "\(plugin.name).\(page.name)", page)
      }
    }
    return pages.isEmpty ? installed : Documentation(pages: installed.pages + pages)
  }
}

extension PluginHost {
  fileprivate func pluginsWithHelp(naming name: String) -> [LocatedPlugin] {
    var found = loaded.map(\.plugin)
    if let named = (try? locate(name.replacing(":", with: "."))) ?? nil,
      !found.contains(where: { $0.name == named.name })
    {
      found.append(named)
    }
    return found
  }
}
