#include "CMarkdown.h"

#include <dlfcn.h>
#include <pthread.h>

static __typeof__(md_parse) *parse;

/* Debian has md4c only as a library that the loader would have to find at every start, with a report or without. */
static void open_library(void) {
  void *library = dlopen("libmd4c.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library) parse = (__typeof__(parse))dlsym(library, "md_parse");
}

int cm_parse(const char *text, unsigned count, const MD_PARSER *parser, void *userdata) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return parse ? parse(text, count, parser, userdata) : CM_MISSING;
}
