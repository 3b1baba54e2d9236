"""Types that a pickled estimator of this package is made of, for those who check before they open."""

TRUSTED_TYPES = ()
