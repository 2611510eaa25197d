"""pbc_eval: performance-based contracts, evaluated, valued, paid and published.

The public names stand in ``__init__.pyi`` and load when they are first used, so that importing the
package stays light.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
