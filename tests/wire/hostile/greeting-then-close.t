# A greeting and the end
checks: C01
ref: servers that are full
exit: bad
fault: lost
stored: nothing
left: 1 2 3
secret: unsent

S: +OK hello
close
