"""papermill with parameters for Lua, which its own translators leave out: takes papermill's arguments."""

import math

from papermill.cli import papermill
from papermill.translators import Translator, papermill_translators


class LuaTranslator(Translator):
    @classmethod
    def translate_none(cls, value):
        return "nil"

    @classmethod
    def translate_bool(cls, value):
        return "true" if value else "false"

    @classmethod
    def translate_float(cls, value):
        if math.isnan(value):
            return "0/0"
        return ("" if value > 0 else "-") + "math.huge" if math.isinf(value) else repr(value)

    @classmethod
    def translate_list(cls, value):
        return "{ " + ", ".join(cls.translate(item) for item in value) + " }"

    @classmethod
    def translate_dict(cls, value):
        return "{ " + ", ".join(f"[{cls.translate_str(key)}] = {cls.translate(item)}" for key, item in value.items()) + " }"

    @classmethod
    def comment(cls, text):
        return f"-- {text}".strip()


papermill_translators.register("lua", LuaTranslator)

if __name__ == "__main__":
    papermill()
