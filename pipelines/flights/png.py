"""A canvas with rectangles and text that is written as PNG: all that the plot needs, from the standard library.

A plotting library would be the honest choice for a plot with axes that turn and legends that move. For
bars it costs 200 MB and half a second at each start, which is more than the rest of this example.
"""

import struct
import zlib

# The 5x7 dot-matrix font of character displays, from the space to the tilde: five columns each, the lowest bit on top.
FONT = bytes.fromhex(
    "0000000000 00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649562050 0008070300 001c224100 0041221c00"
    "2a1c7f1c2a 08083e0808 0080703000 0808080808 0000606000 2010080402 3e5149453e 00427f4000 7249494946 2141494d33"
    "1814127f10 2745454539 3c4a494931 4121110907 3649494936 464949291e 0000140000 0040340000 0008142241 1414141414"
    "0041221408 0201590906 3e415d594e 7c1211127c 7f49494936 3e41414122 7f4141413e 7f49494941 7f09090901 3e41415173"
    "7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f021c027f 7f0408107f 3e4141413e 7f09090906 3e4151215e"
    "7f09192946 2649494932 03017f0103 3f4040403f 1f2040201f 3f4038403f 6314081463 0304780403 6159494d43 007f414141"
    "0204081020 004141417f 0402010204 4040404040 0003070800 2054547840 7f28444438 3844444428 384444287f 3854545418"
    "00087e0902 18a4a49c78 7f08040478 00447d4000 2040403d00 7f10284400 00417f4000 7c04780478 7c08040478 3844444438"
    "fc18242418 18242418fc 7c08040408 4854545424 04043f4424 3c4040207c 1c2040201c 3c4030403c 4428102844 4c9090907c"
    "4464544c44 0008364100 0000770000 0041360800 0201020402"
)
COLUMNS, ADVANCE, HEIGHT = 5, 6, 8


def text_width(text, scale=2):
    """How many pixels `text` is wide."""
    return (len(text) * ADVANCE - 1) * scale


class Canvas:
    """A picture of RGB pixels, white at first; the origin is at the top left."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.rows = [bytearray(b"\xff" * 3 * width) for _ in range(height)]

    def rectangle(self, left, top, width, height, colour):
        """Fill a rectangle; what lies outside the picture is cut off."""
        left, right = (min(max(round(x), 0), self.width) for x in (left, left + width))
        top, bottom = (min(max(round(y), 0), self.height) for y in (top, top + height))
        for row in self.rows[top:bottom]:
            row[3 * left : 3 * right] = bytes(colour) * (right - left)

    def text(self, left, top, text, colour, scale=2):
        """Write a line of ASCII; any other character becomes a question mark."""
        for position, character in enumerate(text.encode("ascii", "replace")):
            glyph = COLUMNS * (character - 32 if 32 <= character < 127 else 31)
            for column, bits in enumerate(FONT[glyph : glyph + COLUMNS]):
                for dot in range(HEIGHT):
                    if bits >> dot & 1:
                        x = left + (position * ADVANCE + column) * scale
                        self.rectangle(x, top + dot * scale, scale, scale, colour)

    def encode(self):
        """The picture as the bytes of a PNG file: 8 bits a channel, no row filter."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in self.rows), 6)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chunk(kind, content):
    """One chunk of a PNG file: length, kind, content, checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
