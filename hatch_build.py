"""Build the pages while the Python package is built or installed.

Node.js comes from PATH when it is new enough, or else from PyPI into pip's build environment.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))  # hatchling loads this file by its path alone

from webui import node


class WebUIBuildHook(BuildHookInterface[Any]):
    """Put ``webui/dist`` into the wheel, or make it for an editable install."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node.js from PyPI where PATH has none that will do."""
        return [] if self.target_name == "sdist" or node.on_path() else [node.FALLBACK]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages; the sdist holds their sources instead."""
        if self.target_name != "sdist" and node.build():
            self.app.display_info("Built the pages.")
