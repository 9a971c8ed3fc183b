import Testing

@testable import Prompt

@Suite struct ReflowTests {
  @Test func paragraphsAreFilledAndCodeIsNot() {
    let text = """
      tensor:sum(dim?)
      tensor:mean(dim?)

        Over all elements, a dimension
        or a list.

        - dim: one of
          them
        - keepdim: whether it stays

          x:sum(1)  --> a line of code that is long
      """
    #expect(
      Reflow.text(text, columns: 24) == """
        tensor:sum(dim?)
        tensor:mean(dim?)

          Over all elements, a
          dimension or a list.

          - dim: one of them
          - keepdim: whether it
            stays

            x:sum(1)  --> a line of code that is long
        """)
  }
}
