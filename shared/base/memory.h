#pragma once

namespace perennial {

// For long-lived programs that are idle most of the time: one heap for all threads, large blocks
// apart, so that what is freed can go back. Call first in main().
void keepHeapSmall();

// Gives what is free back to the system, and lets go of the program's text and its libraries': read
// only, they stay in the page cache and come back page by page when they run again, so that an
// idle process is charged only for what it waits with. Call after work, not within it.
void giveBackMemory();

} // namespace perennial
