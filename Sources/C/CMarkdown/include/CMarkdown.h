#ifndef CMARKDOWN_H
#define CMARKDOWN_H

#include <md4c.h>

/// Parses Markdown with md4c, which is opened at the first call.
///
/// - Returns: what `md_parse` does; CM_MISSING where the library is not installed.
int cm_parse(const char *text, unsigned count, const MD_PARSER *parser, void *userdata);

enum { CM_MISSING = -1000 };

#endif
