#pragma once

namespace perennial {

// For long-lived programs that are idle most of the time: one heap for all threads, large blocks
// apart, so that what is freed can go back. Call first in main().
void keepHeapSmall();

// Gives what is free back to the system; call after work that used much for a moment.
void giveBackFreeMemory();

} // namespace perennial
