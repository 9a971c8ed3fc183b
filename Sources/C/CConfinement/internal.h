#pragma once
/* Shared by the C files here. */
#include "CConfinement.h"

int cf_restrict_files(const cf_place *places, size_t count, int *network);
int cf_restrict_calls(void);
