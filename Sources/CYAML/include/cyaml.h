// A door to libyaml, as it is.
#pragma once

#include <yaml.h>
