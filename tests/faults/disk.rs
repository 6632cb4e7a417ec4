//! F28–F31: disks that are full, read-only or broken.
