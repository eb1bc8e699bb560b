// What Swift sees of libnghttp2: frames of HTTP/2, flow control and header compression.
#pragma once
#include <nghttp2/nghttp2.h>
