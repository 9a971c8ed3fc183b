"""Opens a notebook in JupyterLab as a person would, runs it, and takes a picture of each screenful.

lab_page.py NOTEBOOK FOLDER [CHROMIUM]
"""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

PORT = 8899


def wait_for_server(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url + "/api", timeout=1).read()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit("the server did not start")


def main(notebook: Path, folder: Path, chromium: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={PORT}", "--ip=127.0.0.1",
            "--IdentityProvider.token=", f"--ServerApp.root_dir={notebook.parent.resolve()}",
        ],
        env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{PORT}"
    try:
        wait_for_server(url)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"{url}/lab/tree/{notebook.name}?reset", timeout=120_000)
            page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
            page.wait_for_function(
                "document.querySelector('#jp-main-statusbar')?.innerText.includes('Lunette | Idle')", timeout=120_000)
            page.click(".jp-Notebook .jp-CodeCell .cm-content")
            page.click("text=Run >> visible=true")
            page.click("[data-command='runmenu:run-all']")
            page.wait_for_selector(".jp-OutputArea-output img", timeout=240_000)
            page.wait_for_function(
                "![...document.querySelectorAll('.jp-InputPrompt')].some(prompt => prompt.innerText.includes('*'))",
                timeout=240_000)
            pictures = page.query_selector_all(".jp-OutputArea-output img, .jp-OutputArea-output svg")
            for index, picture in enumerate(pictures):
                picture.scroll_into_view_if_needed()
                page.wait_for_timeout(500)
                page.screenshot(path=folder / f"lab-{index + 1}.png")
            failures = page.query_selector_all(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")
            browser.close()
            print(f"{len(pictures)} pictures, {len(failures)} errors; see {folder}")
            if failures or not pictures:
                sys.exit(1)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "/usr/bin/chromium")
