"""The peer of the page benchmark: a product page of the same scope, written with Flask, SQLAlchemy and Jinja alone.

One file, the same database, the same four reads and about the same HTML: no accounts, policies, translations, live
prices, bag, structured logs or content policy. What a shop of our size costs more than this is what its features cost.
"""

from __future__ import annotations

import os

from flask import Flask, abort, render_template
from jinja2 import DictLoader
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.catalog.models import Product, ProductImage, Variant, VariantPrice
from shop.inventory.models import StockLevel
from shop.media.models import Image
from shop.shipping.models import ShippingRate

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ product.title.en }} · {{ brand.name }}</title>
<meta name="description" content="{{ product.description.en }}">
<meta property="og:title" content="{{ product.title.en }}"><meta property="og:image" content="/media/{{ images[0].id }}/1200.webp">
<link rel="stylesheet" href="/static/shop.css"><script type="module" src="/static/app.js"></script></head>
<body><header><a href="/">Shop</a><nav>{% for href, label in nav %}<a href="{{ href }}">{{ label }}</a>{% endfor %}</nav></header>
<main><nav><a href="/b/{{ brand.slug }}">{{ brand.name }}</a> {{ product.title.en }}</nav>
<section>{% for image in images %}
  <img src="/media/{{ image.id }}/640.webp" srcset="{% for width in image.widths %}/media/{{ image.id }}/{{ width }}.webp {{ width }}w{{ ', ' if not loop.last }}{% endfor %}" width="{{ image.width }}" height="{{ image.height }}" alt="{{ image.alt.en }}">{% endfor %}
</section>
<h1>{{ product.title.en }}</h1>
<form method="post" action="/checkout">
<p>{{ money(variants[0].price_amount) }}</p>
{% for variant in variants %}<label data-variant="{{ variant.sku }}" data-left="{{ variant.left }}"><input type="radio" name="variant_id" value="{{ variant.sku }}"{{ " disabled" if variant.left < 1 }} data-price="{{ money(variant.price_amount) }}"><span>{{ variant.words }}{% if variant.left < 1 %} (Sold out){% elif variant.left <= 20 %}, {{ variant.left }} left{% endif %}</span></label>
{% endfor %}
<select name="quantity">{% for number in range(1, 11) %}<option>{{ number }}</option>{% endfor %}</select>
<button>Buy now</button><button formaction="/cart">Add to bag</button></form>
<ul><li>Leaves {{ brand.city }} in {{ brand.dispatch_days }} working days · {{ money(shipping) }}</li><li>{{ brand.return_days }} days to change your mind</li></ul>
<p>{{ product.description.en }}</p>
<dl>{% for option in product.options %}<dt>{{ option.name.en }}</dt><dd>{% for value in option["values"] %}{{ value.label.en }} {% endfor %}</dd>{% endfor %}</dl>
<script type="application/ld+json">{{ structured | tojson }}</script>
</main><footer>{% for href, label in nav %}<a href="{{ href }}">{{ label }}</a>{% endfor %}</footer></body></html>"""
NAV = [("/", "Live"), ("/#upcoming", "Upcoming"), ("/brands", "Brands"), ("/cart", "Bag"), ("/signin", "Sign in")]


def money(amount: int) -> str:
    return f"€{amount / 100:,.2f}"


def create_app() -> Flask:
    app = Flask(__name__)
    engine = create_engine(os.environ["BARE_DATABASE"])
    app.jinja_loader = DictLoader({"page.html": PAGE})
    app.jinja_env.globals["money"] = money

    @app.get("/p/<slug>")
    def product_page(slug: str) -> str:
        with Session(engine) as session:
            row = session.execute(
                select(Product, Brand).join(Brand, Brand.id == Product.brand_id).where(Product.slug == slug)
            ).first()
            if row is None:
                abort(404)
            product, brand = row
            images = session.scalars(
                select(Image)
                .join(ProductImage, ProductImage.image_id == Image.id)
                .where(ProductImage.product_id == product.id)
                .order_by(ProductImage.position)
            ).all()
            rows = session.execute(
                select(Variant, VariantPrice.price_amount, StockLevel.stock - StockLevel.held - StockLevel.sold)
                .join(VariantPrice, VariantPrice.variant_id == Variant.id)
                .join(StockLevel, StockLevel.variant_id == Variant.id)
                .where(Variant.product_id == product.id, VariantPrice.price_currency == "EUR")
                .order_by(Variant.position)
            ).all()
            shipping = session.scalar(select(ShippingRate.price_amount).where(ShippingRate.brand_id == brand.id)) or 0
            variants = [
                {"sku": variant.sku, "words": " ".join(variant.choices), "price_amount": amount, "left": left}
                for variant, amount, left in rows
            ]
            structured = {
                "@type": "ProductGroup",
                "name": product.title["en"],
                "hasVariant": [
                    {"@type": "Product", "sku": one["sku"], "offers": {"price": one["price_amount"] / 100}}
                    for one in variants
                ],
            }
            return render_template(
                "page.html",
                product=product,
                brand=brand,
                images=images,
                variants=variants,
                shipping=shipping,
                structured=structured,
                nav=NAV,
            )

    return app
