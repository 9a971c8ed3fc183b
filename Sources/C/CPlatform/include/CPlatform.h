#pragma once

#include "endings.h"
#include "files.h"
#include "mappings.h"
#include "memory.h"
#include "sha256.h"
