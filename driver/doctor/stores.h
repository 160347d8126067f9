/* Where things outlive a run: the store, the logs of failed builds. Makes nothing. */
#pragma once

#include "doctor/findings.h"

void doctor_look_at_stores(struct findings *findings);
