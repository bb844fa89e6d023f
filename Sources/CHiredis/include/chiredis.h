// A typed door to hiredis: its commands are variadic in C, which Swift can't call. No logic.
#pragma once

#include <hiredis/hiredis.h>
