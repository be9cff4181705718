# Dots where buffers end
checks: C-3 C12 item 6
ref: RFC 1939 section 3
mail: X: y\r\n\r\n\{4090*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{4093*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{4094*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{4095*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{4096*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{8185*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{8188*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{8189*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{8190*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{8191*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{8192*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{16381*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{16384*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{32764*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{65530*x}\r\n.\r\n..\r\nz\r\n
mail: X: y\r\n\r\n\{65534*x}\r\n.\r\n..\r\nz\r\n
exit: 0
stored: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
