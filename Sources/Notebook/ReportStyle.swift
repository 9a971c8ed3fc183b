/// How a report looks, and the little that it does by itself.
enum ReportStyle {
  /// A lunette: the half-moon window over a door.
  static let mark = """
    <svg class="mark" viewBox="0 0 32 20" aria-hidden="true"><path d="M2 18a14 14 0 0 1 28 0z" fill="none" \
    stroke="currentColor" stroke-width="1.8" stroke-linejoin="round"/><path d="M10.5 18a5.5 5.5 0 0 1 11 0M16 4v8.5\
    M6.1 8.1l6 6M25.9 8.1l-6 6" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>
    """

  static let icon = """
    <svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32"><path d="M2 24a14 14 0 0 1 28 0z" fill="#c8963e"/>\
    <path d="M10.5 24a5.5 5.5 0 0 1 11 0M16 10v8.5M6.1 14.1l6 6M25.9 14.1l-6 6" fill="none" stroke="#fff" \
    stroke-width="1.6"/></svg>
    """

  static let css = """
    :root {
      --paper: #fbfaf7; --ink: #23262e; --soft: #5d626e; --faint: #8a8f9b; --rule: #e5e1d8; --well: #f4f1ea;
      --accent: #35528f; --gold: #a97a22; --bad: #a8322a; --bad-well: #fbeeec; --warn-well: #fbf4e3;
      --k: #7b3f98; --s: #3d7a47; --n: #a8560f; --r: #868b95; --f: #2a5ca8; --b: #1f6f78;
      --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", "Source Serif 4", Charter,
        "Bitstream Charter", Georgia, "Liberation Serif", serif;
      --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", "Liberation Sans",
        sans-serif;
      --mono: ui-monospace, "SF Mono", SFMono-Regular, "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono",
        monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #14161c; --ink: #dfdcd3; --soft: #a3a6b0; --faint: #757a87; --rule: #2b2f3a; --well: #1b1e26;
        --accent: #9db4ec; --gold: #dcb264; --bad: #f0938a; --bad-well: #2c1c1d; --warn-well: #29241a;
        --k: #c79be0; --s: #98c99f; --n: #e0a972; --r: #7a808d; --f: #93b8f0; --b: #83c5cc;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
    @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
    body {
      margin: 0 auto; padding: 3.2rem 1.4rem 3rem; max-width: 50.8rem; position: relative; background: var(--paper); color: var(--ink);
      font: 1.09rem/1.62 var(--serif); text-rendering: optimizeLegibility; font-kerning: normal;
      font-variant-numeric: oldstyle-nums proportional-nums; overflow-wrap: break-word;
    }
    a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .18em; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
    h1, h2, h3, h4, h5, h6 { line-height: 1.22; font-weight: 600; text-wrap: balance; margin: 2.3em 0 .55em; }
    h1 { font-size: 2.35rem; letter-spacing: -.012em; }
    h2 { font-size: 1.5rem; } h3 { font-size: 1.2rem; } h4, h5, h6 { font-size: 1.05rem; }
    p, ul, ol, blockquote, figure, dl { margin: 0 0 1.05em; }
    li > ul, li > ol { margin-bottom: 0; }
    ul, ol { padding-left: 1.5em; }
    li::marker { color: var(--faint); }
    blockquote { padding-left: 1.1em; border-left: 2px solid var(--gold); color: var(--soft); }
    hr { border: 0; height: 1px; background: var(--rule); margin: 2.4em 0; }
    code, pre { font-family: var(--mono); font-variant-numeric: lining-nums; }
    :not(pre) > code { font-size: .84em; }
    :not(pre) > code { padding: .12em .32em; background: var(--well); border-radius: 4px; }
    math[display=block] { overflow-x: auto; overflow-y: hidden; margin: .9em 0; }
    pre { margin: 0; font-size: .81rem; line-height: 1.58; overflow-x: auto; tab-size: 2; }

    header.top { border-bottom: 1px solid var(--rule); margin-bottom: 2.2rem; padding-bottom: 1.6rem; }
    .kicker {
      display: flex; align-items: center; gap: .55em; margin: 0; color: var(--gold);
      font: 600 .74rem/1 var(--sans); letter-spacing: .16em; text-transform: uppercase;
    }
    .mark { height: 1.25rem; }
    header.top h1 { margin: .55em 0 .5em; }
    .facts {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem 1.6rem; margin: 0;
      font-family: var(--sans); font-variant-numeric: lining-nums tabular-nums;
    }
    .facts dt { color: var(--faint); font-size: .72rem; letter-spacing: .04em; }
    .facts dd { margin: .1em 0 0; font-size: .89rem; line-height: 1.4; }
    nav { margin-top: 1.5rem; font: .87rem/1.5 var(--sans); }
    nav ol { display: flex; flex-wrap: wrap; gap: .15rem 1.4rem; list-style: none; margin: 0; padding: 0; }
    nav a { color: var(--soft); text-decoration-color: var(--rule); }
    .banner {
      margin: 0 0 2rem; padding: .75em 1.1em; border-radius: 6px; font: .92rem/1.5 var(--sans);
      background: var(--warn-well); box-shadow: inset 3px 0 var(--gold);
    }
    .banner.failed { background: var(--bad-well); box-shadow: inset 3px 0 var(--bad); }

    .prose > :first-child { margin-top: 0; }
    .prose + .prose { margin-top: 0; }
    .cell { margin: 1.5rem 0 2.1rem; }
    .cell + .prose > h1:first-child, .cell + .prose > h2:first-child { margin-top: 2.9rem; }
    .source summary {
      display: flex; align-items: baseline; gap: .6em; padding: .1em 0 .35em; cursor: pointer; list-style: none;
      color: var(--faint); font: .76rem/1.5 var(--sans); letter-spacing: .02em;
    }
    .source summary::-webkit-details-marker { display: none; }
    .source summary::before {
      content: ""; width: .36em; height: .36em; border: solid currentColor; border-width: 0 1.5px 1.5px 0;
      transform: rotate(-45deg); transition: transform .12s; position: relative; top: -.16em;
    }
    .source[open] summary::before { transform: rotate(45deg); }
    .source summary:hover { color: var(--ink); }
    .source summary .name { flex: 1; }
    .source summary i { font-style: normal; }
    .time { font-variant-numeric: lining-nums tabular-nums; }
    pre.code { background: var(--well); border-radius: 7px; padding: .85em 1.05em; }
    .prose pre.code { margin: 0 0 1.2em; }
    .numbered .line { counter-increment: line; }
    .numbered .line::before {
      content: counter(line); display: inline-block; width: 2.2em; margin: 0 1.15em 0 -.6em; text-align: right;
      color: var(--faint); opacity: .62; font-size: .86em; user-select: none;
    }
    .line.marked { display: inline-block; min-width: 100%; background: var(--bad-well); box-shadow: 0 0 0 .16em var(--bad-well); }
    .line.marked::before { color: var(--bad); opacity: 1; }
    .k { color: var(--k); } .c, .n { color: var(--n); } .s { color: var(--s); } .f { color: var(--f); } .b { color: var(--b); }
    .r { color: var(--r); font-style: italic; }

    .outputs { margin-top: .9rem; }
    .outputs > * { margin: 0 0 1rem; }
    .outputs > :last-child { margin-bottom: 0; }
    pre.stream, pre.value, .raw pre { padding: .1em 0 .1em 1.05em; border-left: 2px solid var(--rule); color: var(--soft); max-height: 32rem; overflow: auto; }
    pre.value { color: var(--ink); }
    pre.warning { border-color: var(--gold); }
    .gallery { display: flex; flex-wrap: wrap; gap: 1.1rem 1rem; align-items: flex-start; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
    .tiles img { width: 100%; }
    figure { margin: 0; max-width: 100%; min-width: 0; }
    figure.html { margin-bottom: 1rem; }
    img { display: block; max-width: 100%; height: auto; border-radius: 5px; }
    img.pixels { image-rendering: pixelated; }
    .outputs img, .zoomable { cursor: zoom-in; }
    iframe { width: 100%; height: 26rem; border: 1px solid var(--rule); border-radius: 7px; background: #fff; resize: vertical; }
    .svg svg { display: block; max-width: 100%; height: auto; }
    figcaption { margin-top: .45em; color: var(--soft); font: .82rem/1.45 var(--sans); }
    .picture figcaption { text-align: center; }

    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font: .87rem/1.45 var(--sans); font-variant-numeric: lining-nums tabular-nums; }
    .prose .scroll { margin-bottom: 1.2em; }
    th, td { padding: .38em 1.1em .38em 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
    th:last-child, td:last-child { padding-right: .2em; }
    thead th { border-bottom: 1px solid var(--faint); color: var(--soft); font-weight: 600; white-space: nowrap; }
    tbody tr:hover td { background: var(--well); }
    .number { text-align: right; }
    th[aria-sort] { cursor: pointer; user-select: none; }
    th[aria-sort]::after { content: "↕"; margin-left: .35em; opacity: .28; font-size: .85em; }
    th[aria-sort]:hover::after { opacity: .8; }
    th[aria-sort=ascending]::after { content: "↑"; opacity: 1; color: var(--accent); }
    th[aria-sort=descending]::after { content: "↓"; opacity: 1; color: var(--accent); }

    .error { background: var(--bad-well); border-radius: 7px; box-shadow: inset 3px 0 var(--bad); padding: .85em 1.15em; font: .85rem/1.55 var(--mono); }
    .error p { margin: 0; color: var(--bad); white-space: pre-wrap; }
    .error details { margin-top: .6em; }
    .error summary { cursor: pointer; color: var(--soft); font: .8rem/1.5 var(--sans); }
    .error ol { margin: .4em 0 0; padding: 0; list-style: none; color: var(--soft); }

    footer {
      display: flex; flex-wrap: wrap; gap: .1rem 1.3rem; margin-top: 3.4rem; padding-top: 1.1rem;
      border-top: 1px solid var(--rule); color: var(--faint); font: .76rem/1.7 var(--sans);
      font-variant-numeric: lining-nums tabular-nums;
    }
    footer b { font-weight: 500; color: var(--soft); overflow-wrap: anywhere; }
    .fold {
      position: absolute; top: 1.1rem; right: 1.4rem; padding: .3em .7em; border: 1px solid var(--rule);
      border-radius: 99px; background: none; color: var(--soft); font: .76rem/1.4 var(--sans); cursor: pointer;
    }
    .fold:hover { color: var(--ink); border-color: var(--faint); }
    dialog {
      width: 100vw; height: 100vh; max-width: none; max-height: none; padding: 2.5vmin; border: 0;
      background: color-mix(in srgb, var(--paper) 94%, transparent); cursor: zoom-out;
    }
    dialog[open] { display: grid; place-items: center; }
    dialog::backdrop { background: none; }
    dialog img, dialog svg { width: 100%; height: 95vmin; max-width: 100%; object-fit: contain; border-radius: 0; color: var(--ink); }
    @media (max-width: 40rem) {
      body { padding: 2rem 1.05rem; font-size: 1.02rem; }
      h1 { font-size: 1.8rem; }
      pre { font-size: .75rem; }
      pre.code { margin: 0 -.4rem; padding: .8em .75em; }
      .numbered .line::before { width: 1.6em; margin: 0 .9em 0 -.2em; }
      .facts { grid-template-columns: 1fr 1fr; gap: .7rem 1rem; }
    }
    @media print {
      body { max-width: none; padding: 0; }
      .fold, .source:not([open]) { display: none; }
      .cell, figure { break-inside: avoid; }
    }
    """

  /// SHA-256 of the report's script, the only one that browsers run in it: what a value shows of itself brings none.
  static let scriptHash = "sha256-q0gXwT4p2WCI9IIPqnVzYxw79NFUTgp7QUb0anSqp5I="

  /// Folding all code, sorting tables, enlarging pictures.
  static let script = """
    (() => {
      const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
      const folds = [...document.querySelectorAll("details.source")];
      if (folds.length) {
        const label = () => folds.some(fold => fold.open) ? "Hide code" : "Show code";
        const button = make("button", { className: "fold", type: "button", textContent: label() });
        button.onclick = () => {
          const open = !folds.some(fold => fold.open);
          folds.forEach(fold => { fold.open = open; });
          button.textContent = label();
        };
        folds.forEach(fold => fold.addEventListener("toggle", () => { button.textContent = label(); }));
        document.body.append(button);
      }

      const press = (element, action) => {
        element.tabIndex = 0;
        element.addEventListener("click", action);
        element.addEventListener("keydown", event => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          action();
        });
      };

      const numbers = new Intl.Collator(undefined, { numeric: true });
      for (const table of document.querySelectorAll("table.data")) {
        const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
        if (!body || body.rows.length < 2) continue;
        heads.forEach((head, column) => {
          head.ariaSort = "none";
          press(head, () => {
            const down = head.ariaSort === "ascending";
            heads.forEach(other => { other.ariaSort = "none"; });
            head.ariaSort = down ? "descending" : "ascending";
            const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
            const compare = (a, b) => {
              const x = value(a), y = value(b);
              if (x === "" || y === "") return (x === "") - (y === "");
              const order = isNaN(x) || isNaN(y) ? numbers.compare(x, y) : x - y;
              return down ? -order : order;
            };
            body.append(...[...body.rows].sort(compare));
          });
        });
      }

      const dialog = make("dialog", { ariaLabel: "Enlarged" });
      document.body.append(dialog);
      dialog.onclick = () => dialog.close();
      dialog.onclose = () => dialog.replaceChildren();
      for (const picture of document.querySelectorAll(".outputs img, .prose img, .zoomable")) {
        press(picture, () => {
          const copy = (picture.querySelector("svg") ?? picture).cloneNode(true);
          ["width", "height", "tabindex"].forEach(name => copy.removeAttribute(name));
          dialog.replaceChildren(copy);
          dialog.showModal();
        });
      }
    })();
    """
}
