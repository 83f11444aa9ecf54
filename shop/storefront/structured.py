"""What search engines and link previews read: schema.org objects of a product and a brand (https://schema.org)."""

from __future__ import annotations

from typing import Any

from shop.catalog.queries import BrandCard, ProductView, VariantView
from shop.core.clock import iso
from shop.core.i18n import pick
from shop.core.money import EXPONENTS, Money

CONTEXT = "https://schema.org"


def decimal(money: Money) -> str:
    """`89.00`: a plain decimal with a point, as schema.org and Open Graph want it."""
    exponent = EXPONENTS[money.currency]
    if exponent == 0:
        return str(money.amount)
    whole, rest = divmod(money.amount, 10**exponent)
    return f"{whole}.{rest:0{exponent}d}"


def product_data(product: ProductView, base_url: str) -> list[dict[str, Any]]:
    """Product (or ProductGroup with its variants) and the way to it."""
    return [_product(product, base_url), _breadcrumbs(product, base_url)]


def _product(product: ProductView, base_url: str) -> dict[str, Any]:
    url = f"{base_url}/p/{product.slug}"
    about: dict[str, Any] = {
        "@context": CONTEXT,
        "name": pick(product.title),
        "description": pick(product.description),
        "url": url,
        "image": [f"{base_url}{image.url(1200)}" for image in product.images],
        "brand": {"@type": "Brand", "name": product.brand.name},
    }
    if product.category:
        about["category"] = product.category
    if len(product.variants) == 1:
        variant = product.variants[0]
        return about | {"@type": "Product", "sku": variant.sku} | _offers(variant, product, url, base_url)
    return about | {
        "@type": "ProductGroup",
        "productGroupID": product.id,
        "variesBy": [pick(option["name"]) for option in product.options],
        "hasVariant": [
            {
                "@type": "Product",
                "sku": variant.sku,
                "name": f"{pick(product.title)}, {pick(variant.label)}",
                "image": about["image"][:1],
                **_offers(variant, product, f"{url}?variant={variant.sku}", base_url),
            }
            for variant in product.variants
        ],
    }


def _offers(variant: VariantView, product: ProductView, url: str, base_url: str) -> dict[str, Any]:
    """Nothing is said about a variant that has no price here."""
    if variant.price is None:
        return {}
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": url,
        "price": decimal(variant.price),
        "priceCurrency": variant.price.currency,
        "availability": f"{CONTEXT}/{'OutOfStock' if variant.sold_out else 'InStock'}",
        "itemCondition": f"{CONTEXT}/NewCondition",
        "seller": brand_data(product.brand, base_url),
        "hasMerchantReturnPolicy": {
            "@type": "MerchantReturnPolicy",
            "applicableCountry": product.brand.country,
            "returnPolicyCategory": f"{CONTEXT}/MerchantReturnFiniteReturnWindow",
            "merchantReturnDays": product.brand.return_days,
        },
    }
    if variant.live_ends_at is not None:
        offer["priceValidUntil"] = iso(variant.live_ends_at)
    return {"offers": offer}


def brand_data(brand: BrandCard, base_url: str) -> dict[str, Any]:
    return {"@type": "Organization", "name": brand.name, "url": f"{base_url}/b/{brand.slug}"}


def _breadcrumbs(product: ProductView, base_url: str) -> dict[str, Any]:
    steps = [
        (product.brand.name, f"{base_url}/b/{product.brand.slug}"),
        (pick(product.title), f"{base_url}/p/{product.slug}"),
    ]
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": url}
            for place, (name, url) in enumerate(steps, 1)
        ],
    }
