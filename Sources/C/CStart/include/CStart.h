// What must be done before the libraries begin. Nothing is called from outside: linking it is enough.
#pragma once
