#include "chiredis.h"
