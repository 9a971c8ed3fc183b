#pragma once
#include "CImaging.h"

/// The orientation that an EXIF block (TIFF) states, 1 to 8; 0 if it states none.
uint32_t ci_exif_orientation(const uint8_t *bytes, size_t count);

/// The same of an XMP packet, which some programs write instead.
uint32_t ci_xmp_orientation(const uint8_t *bytes, size_t count);
