#include "internal.h"

#include <string.h>

// Numbers of a TIFF block, in the order of bytes that it states.

typedef struct {
    const uint8_t *bytes;
    size_t count;
    int is_big_endian;
} tiff;

static uint32_t number(const tiff *from, size_t place, size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) {
        const size_t byte = from->is_big_endian ? i : size - 1 - i;
        value = value << 8 | from->bytes[place + byte];
    }
    return value;
}

uint32_t ci_exif_orientation(const uint8_t *bytes, size_t count) {
    const tiff from = {bytes, count, count > 0 && bytes[0] == 'M'};
    if (count < 8 || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0)) return 0;
    const size_t directory = number(&from, 4, 4);
    if (directory > count - 2) return 0;
    const size_t entries = number(&from, directory, 2);
    for (size_t i = 0; i < entries; i++) {
        const size_t entry = directory + 2 + 12 * i;
        if (count < 12 || entry > count - 12) return 0;
        // Tag 274, one number of 16 bits.
        if (number(&from, entry, 2) != 0x0112 || number(&from, entry + 2, 2) != 3) continue;
        const uint32_t value = number(&from, entry + 8, 2);
        return value >= 1 && value <= 8 ? value : 0;
    }
    return 0;
}

uint32_t ci_xmp_orientation(const uint8_t *bytes, size_t count) {
    static const char name[] = "tiff:Orientation";
    const size_t length = sizeof name - 1;
    for (size_t place = 0; place + length + 2 < count; place++) {
        if (memcmp(bytes + place, name, length) != 0) continue;
        const uint8_t *rest = bytes + place + length;
        // As an attribute, ="6", or as an element, >6.
        const uint8_t digit = rest[0] == '>' ? rest[1] : rest[0] == '=' && rest[1] == '"' ? rest[2] : 0;
        return digit >= '1' && digit <= '8' ? digit - '0' : 0;
    }
    return 0;
}
