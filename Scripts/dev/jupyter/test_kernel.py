"""Jupyter's own test of a kernel, with every capability that it knows."""

import unittest

import jupyter_kernel_test


class LunetteTests(jupyter_kernel_test.KernelTests):
    kernel_name = "lunette"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = "print('hello, world')"
    code_stderr = "io.stderr:write('oops')"
    completion_samples = [
        {"text": "lunette.linalg.sv", "matches": {"svd"}},
        {"text": "lunette.tensor.zer"},
    ]
    complete_code_samples = ["1", "print('hello')", "local x = 1", "for i = 1, 2 do end", "-- a note"]
    incomplete_code_samples = ["for i = 1, 2 do", "f(", "local s = [[", "--[[ a"]
    invalid_code_samples = ["x = = 1", "end", "1 2 3", "'abc"]
    code_page_something = "?lunette.display"
    code_generate_error = "error('no')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "lunette.tensor{1, 2}:sum()", "result": "3.0"},
    ]
    code_display_data = [
        {"code": "lunette.display(lunette.image.new(lunette.tensor.zeros{4, 4, 3}))", "mime": "image/png"},
        {"code": "lunette.display(lunette.plot.line{ y = {1, 2, 3} })", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "6 ?*7*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "lunette.linalg.svd"
    code_clear_output = "lunette.clear_output()"


class LunetteWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "lunette"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
