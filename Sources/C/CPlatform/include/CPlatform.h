#pragma once

#include "files.h"
#include "mappings.h"
#include "sha256.h"
